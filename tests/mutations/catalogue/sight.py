"""An idle window counts only as far as it was seen whole."""

from __future__ import annotations

from typing import Final

from .mutation import CALLS, FENCE, METRIC_WINDOWS, SIGHT, WAKING, Mutation

MUTATIONS: Final = (
    Mutation(
        "what lies before a gap in HealthyHostCount is as good as not seen",
        "traffic.py",
        "            seen_from = max(seen_from, _unbroken_since(health.points, newest))\n",
        "",
        SIGHT,
    ),
    Mutation(
        "of several gaps the newest counts",
        "traffic.py",
        "    while newest - MINUTE in points:\n        newest -= MINUTE\n    return newest\n",
        "    return min(points, default=newest)\n",
        SIGHT,
    ),
    Mutation(
        "an idle window begins no sooner than what was seen",
        "idleness.py",
        "    quiet_since = max(filter(None, (last_needed(memory), traffic.newest_request, traffic.seen_from)))\n",
        "    quiet_since = max(filter(None, (last_needed(memory), traffic.newest_request)))\n",
        SIGHT,
    ),
    Mutation(
        "what was not seen for long enough does not begin to drain",
        "draining.py",
        "        or seen_too_short(service, traffic, now, quiet)\n",
        "",
        SIGHT,
    ),
    Mutation(
        "what was not seen for long enough is not stopped because it drains",
        "draining.py",
        "not_seen_clearly(snapshot, memory, traffic, now) or seen_too_short(service, traffic, now, service.idle)",
        "not_seen_clearly(snapshot, memory, traffic, now)",
        SIGHT,
    ),
    Mutation(
        "a task that has no target yet gets a whole idle window",
        "idleness.py",
        "    if now < since + service.idle:\n",
        "    if False:\n",
        SIGHT,
    ),
    Mutation(
        "that a service had no targets before it was last needed tells nothing",
        "idleness.py",
        "    if since is None or since < last_needed(memory):\n",
        "    if since is None:\n",
        SIGHT,
    ),
    Mutation(
        "health that is not in the answer is unknown",
        "traffic.py",
        'series.get(SeriesKey(HEALTHY_HOST_COUNT, pair), Unknown("HealthyHostCount was not in the answer"))',
        "series.get(SeriesKey(HEALTHY_HOST_COUNT, pair), Series({}))",
        SIGHT,
    ),
    Mutation(
        "requests that are not in the answer are unknown",
        "traffic.py",
        'series.get(SeriesKey(REQUEST_COUNT, pair), Unknown("RequestCount was not in the answer"))',
        "series.get(SeriesKey(REQUEST_COUNT, pair), Series({}))",
        SIGHT,
    ),
    Mutation(
        "a target group that is attached to no load balancer is unknown",
        "look.py",
        '        return Unknown(f"target group {arn} is attached to no load balancer", call_failed=False)\n',
        '        return Pair("arn:aws:elasticloadbalancing:eu-west-3:123456789012:loadbalancer/app/none/0", arn)\n',
        CALLS,
    ),
    Mutation(
        "different idle windows share calls of CloudWatch",
        "metric_windows.py",
        "        if not windows or len(windows[-1].keys)",
        "        if not windows or windows[-1].start != start or len(windows[-1].keys)",
        CALLS,
    ),
    Mutation(
        "a call asks for no more datapoints than AWS answers",
        "metric_windows.py",
        "    fitting = min(MOST_SERIES, MOST_DATAPOINTS // datapoints_each)\n",
        "    fitting = MOST_SERIES if datapoints_each else 0\n",
        METRIC_WINDOWS,
    ),
    Mutation(
        "the longest window of a call counts for its datapoints",
        "metric_windows.py",
        "sorted(starts.items(), key=lambda one: one[1])",
        "sorted(starts.items(), key=lambda one: one[1], reverse=True)",
        METRIC_WINDOWS,
    ),
    Mutation(
        "the fence of a stop outlasts what ECS carries out a moment after the run",
        "act.py",
        "FENCE_MARGIN: Final = timedelta(seconds=5)",
        "FENCE_MARGIN: Final = timedelta(0)",
        FENCE,
    ),
    Mutation(
        "a service already started in ECS is waited for when somebody asks for it",
        "decide_wake.py",
        "    if memory is not None and memory.phase is Phase.ASLEEP:\n",
        "    if False:\n",
        WAKING,
    ),
)
