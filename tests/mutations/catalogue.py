"""Small patches that each break one rule. The suite applies every one and must see a test fail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

CORE: Final = "tests/unit/core"
A_TICK: Final = "tests/simulation/test_a_tick.py"
A_WAKE: Final = "tests/simulation/test_a_wake.py"
INTERRUPTED: Final = "tests/simulation/test_interrupted_runs.py"
OVERLAPPING: Final = "tests/simulation/test_overlapping_runs.py"
SIMULTANEOUS: Final = "tests/simulation/test_simultaneous_wakes.py"
UNINSTALLING: Final = "tests/simulation/test_uninstalling.py"
CLOUDWATCH: Final = "tests/contract/test_cloudwatch_answers.py"
TABLE: Final = "tests/contract/test_memories.py"


@dataclass(frozen=True)
class Mutation:
    """One rule broken: in ``file``, ``old`` (which stands there exactly once) becomes ``new``."""

    broken_rule: str
    file: str
    old: str
    new: str
    caught_by: str = CORE


MUTATIONS: Final = (
    Mutation(
        "the quiet stretch must be visible whole before a stop",
        "idleness.py",
        "if watermark < quiet_since + service.idle:",
        "if now < quiet_since + service.idle:",
    ),
    Mutation(
        "a partial answer about health is unknown",
        "traffic.py",
        "        if isinstance(health, Unknown):\n            return health",
        "        if isinstance(health, Unknown):\n            health = Series({minute_of(now): 1.0})",
    ),
    Mutation(
        "a partial answer about requests is unknown",
        "traffic.py",
        "        if isinstance(requests, Unknown):\n            return requests",
        "        if isinstance(requests, Unknown):\n            continue",
    ),
    Mutation(
        "unknown traffic is not idle",
        "idleness.py",
        "    if isinstance(traffic, Unknown):\n        sentence",
        "    if isinstance(traffic, Unknown):\n        traffic = Traffic(now - service.idle, None, now)\n"
        "    if False:\n        sentence",
    ),
    Mutation(
        "an entrance nobody watches keeps a service awake",
        "idleness.py",
        "    if unwatched:\n",
        "    if False:\n",
    ),
    Mutation(
        "ignore_other_traffic lets unwatched entrances be",
        "idleness.py",
        "    if service.ignore_other_traffic:\n        return []\n",
        "",
    ),
    Mutation(
        "a running deployment keeps a service awake",
        "idleness.py",
        "    if facts.deployment_running:\n",
        "    if False:\n",
    ),
    Mutation(
        "a service without target groups is never called idle",
        "idleness.py",
        "    if not service.target_group_arns:\n",
        "    if False:\n",
    ),
    Mutation(
        "a scalable target is left alone",
        "idleness.py",
        "    if snapshot.scalable_target:\n",
        "    if False:\n",
    ),
    Mutation(
        "a scalable target that cannot be asked for keeps the service awake",
        "idleness.py",
        "    if isinstance(snapshot.scalable_target, Unknown):\n        sentence",
        "    if False:\n        sentence",
    ),
    Mutation(
        "metrics are not asked for before they can matter",
        "idleness.py",
        '    if now < quiet_since + service.idle:\n        sentence = f"{service.key} was needed',
        '    if False:\n        sentence = f"{service.key} was needed',
    ),
    Mutation(
        "idleness counts from the moment a service became awake",
        "idleness.py",
        "(memory.since, memory.last_activity, memory.asked)",
        "(memory.last_activity, memory.asked, memory.since - memory.since.resolution * 10**13)",
    ),
    Mutation(
        "somebody who asks gets a whole idle window",
        "idleness.py",
        "(memory.since, memory.last_activity, memory.asked)",
        "(memory.since, memory.last_activity)",
    ),
    Mutation(
        "a service stopped by hand is asleep",
        "decide.py",
        "    if memory.phase is Phase.AWAKE or (memory.phase is Phase.WAKING and memory.asked is None):",
        "    if memory.phase is Phase.WAKING and memory.asked is None:",
    ),
    Mutation(
        "a start by hand taken back by hand stays taken back",
        "decide.py",
        "    if memory.phase is Phase.AWAKE or (memory.phase is Phase.WAKING and memory.asked is None):",
        "    if memory.phase is Phase.AWAKE:",
    ),
    Mutation(
        "the count changed by hand is what is restored",
        "idleness.py",
        "    if memory.restore != facts.desired:\n",
        "    if False:\n",
    ),
    Mutation(
        "the configured count wins over the remembered one",
        "waking.py",
        "return service.awake_count or remembered or DEFAULT_AWAKE_COUNT",
        "return remembered or service.awake_count or DEFAULT_AWAKE_COUNT",
    ),
    Mutation(
        "the remembered count is restored",
        "waking.py",
        "return service.awake_count or remembered or DEFAULT_AWAKE_COUNT",
        "return service.awake_count or DEFAULT_AWAKE_COUNT",
    ),
    Mutation(
        "a stop that crashed after its fence waits until nobody can be stopping any more",
        "decide.py",
        "ServiceFacts, memory: Memory, now: datetime) -> Decision:\n"
        "    if memory.stopping_until is not None and now < memory.stopping_until:",
        "ServiceFacts, memory: Memory, now: datetime) -> Decision:\n    if False:",
    ),
    Mutation(
        "a wake asked for during a stop waits for the stop",
        "decide_wake.py",
        "    if memory is not None and memory.stopping_until is not None and now < memory.stopping_until:",
        "    if False:",
    ),
    Mutation(
        "a wake asked for during a stop is started afterwards",
        "decide.py",
        "    if memory.wake_requested is not None:\n",
        "    if False:\n",
    ),
    Mutation(
        "asking again while it wakes starts nothing twice",
        "decide_wake.py",
        "    if memory is not None and memory.phase is Phase.WAKING:\n        return _asked_again",
        "    if False:\n        return _asked_again",
    ),
    Mutation(
        "a wake past its deadline is marked failed",
        "waking.py",
        "    if memory.failed or memory.deadline is None or now < memory.deadline:\n",
        "    if True:\n",
    ),
    Mutation(
        "a failed wake nobody asks for is given up",
        "waking.py",
        "    if not memory.failed or memory.deadline is None:\n",
        "    if True:\n",
    ),
    Mutation(
        "readiness that cannot be seen is not readiness",
        "waking.py",
        "    if isinstance(readiness, Unknown):\n        sentence",
        "    if isinstance(readiness, Unknown):\n        return awake_now(service, memory, facts.desired, now)\n"
        "    if False:\n        sentence",
    ),
    Mutation(
        "a dying task's target does not count",
        "readiness.py",
        "any(not isinstance(targets, Unknown) and targets & wanted for targets in seen)",
        "any(not isinstance(targets, Unknown) and targets for targets in seen)",
    ),
    Mutation(
        "every live target group needs a healthy target",
        "readiness.py",
        "        return unseen or Readiness(ready=False",
        "        break\n        return unseen or Readiness(ready=False",
    ),
    Mutation(
        "shortly after a stop health must be unbroken",
        "readiness.py",
        "        if unbroken < UNBROKEN_HEALTH:",
        "        if False:",
    ),
    Mutation(
        "an observed service is never stopped",
        "decide.py",
        "    if decision.action is Action.SLEEP:\n        if memory.would_sleep_since",
        "    if False:\n        if memory.would_sleep_since",
    ),
    Mutation(
        "an observed service is never woken",
        "decide_wake.py",
        "    if service.mode is Mode.OBSERVE:\n",
        "    if False:\n",
    ),
    Mutation(
        "a service whose mode is off is left alone",
        "decide.py",
        "    if service.mode is Mode.OFF:\n",
        "    if False:\n",
    ),
    Mutation(
        "a DAEMON service is left alone",
        "decide.py",
        '    if facts.scheduling_strategy == "DAEMON":\n',
        "    if False:\n",
    ),
    Mutation(
        "a service that is not ACTIVE is left alone",
        "decide.py",
        '    if facts.status != "ACTIVE":\n',
        "    if False:\n",
    ),
    Mutation(
        "a request in the last visible minute keeps a service awake",
        "traffic.py",
        "    return max(minutes) + MINUTE if minutes else None",
        "    return max(minutes) - MINUTE if minutes else None",
    ),
    Mutation(
        "late metrics are waited for: complete is what HealthyHostCount reached",
        "idleness.py",
        "    service, watermark = snapshot.service, traffic.watermark\n",
        "    service = snapshot.service\n"
        "    watermark = traffic.watermark if isinstance(traffic.watermark, NotAsked) else now\n",
    ),
    Mutation(
        "a missing minute of HealthyHostCount hides those after it",
        "traffic.py",
        "    while minute + MINUTE in points:\n        minute += MINUTE\n    return minute\n",
        "    return max(points)\n",
    ),
    Mutation(
        "targets without HealthyHostCount mean late metrics, not idleness",
        "idleness.py",
        "        if has_targets:\n",
        "        if False:\n",
    ),
    Mutation(
        "targets that cannot be seen keep a service awake",
        "idleness.py",
        "        if isinstance(has_targets, Unknown):\n            sentence",
        "        if False:\n            sentence",
    ),
    Mutation(
        "an absence is taken at its word only after the fallback",
        "traffic.py",
        "min([*shown, minute_of(taken_at_its_word)] if",
        "min([*shown, minute_of(taken_at_its_word) + 60 * MINUTE] if",
    ),
    Mutation(
        "taking an absence at its word is told",
        "idleness.py",
        "asleep, desired=0, warning=bool(traffic.without_health))",
        "asleep, desired=0)",
    ),
    Mutation(
        "a service started by hand is noticed",
        "decide.py",
        "    started = begin_waking(service, facts, memory, now, asked=memory.wake_requested)\n",
        "    started = memory\n",
    ),
    Mutation(
        "a wake that crashed between memory and ECS is completed",
        "waking.py",
        "    return Decision(Action.WAKE, Reason.WAKE_UNFINISHED, sentence, memory, desired=desired)",
        "    return Decision(Action.STAY, Reason.WAKE_UNFINISHED, sentence)",
    ),
    Mutation(
        "a failed wake somebody asks for goes on",
        "waking.py",
        "    wanted = (memory.deadline, memory.asked, memory.last_activity)\n",
        "    wanted = (memory.deadline,)\n",
    ),
    Mutation(
        "a failed wake that somebody uses is not stopped",
        "waking.py",
        "    decision = unused(snapshot, facts, memory, now)\n"
        "    if decision.action is not Action.SLEEP:\n        return decision\n",
        "    decision = Decision(Action.SLEEP, Reason.IDLE, '', gone_asleep(memory, now), desired=0)\n",
    ),
    Mutation(
        "a failed wake teaches nothing about how long wakes take",
        "waking.py",
        "    if memory.asked is not None and not memory.failed:\n",
        "    if memory.asked is not None:\n",
    ),
    Mutation(
        "an event from before a wake is not the reason it failed",
        "waking.py",
        " and facts.newest_event_at >= memory.since:",
        ":",
    ),
    Mutation(
        "a memory that cannot be read is left as it is",
        "decide.py",
        "    if isinstance(memory, Unknown):\n",
        "    if False:\n",
    ),
    Mutation(
        "a scalable target is not woken",
        "decide_wake.py",
        "    if snapshot.scalable_target is True and not stopped_by_this_module:\n",
        "    if False:\n",
    ),
    Mutation(
        "a sleeping service is brought back when its mode is act no more",
        "uninstall.py",
        '    released = terraform["action"] == "update" and before is Mode.ACT and service.mode is not Mode.ACT\n',
        "    released = False\n",
    ),
    Mutation(
        "a tick keeps within the rate AWS allows",
        "tick.py",
        "if number == SERVICE_UPDATES_PER_TICK or ports",
        "if ports",
        A_TICK,
    ),
    Mutation(
        "wakes come before stops",
        "tick.py",
        "[(snapshot, begin) for snapshot in waking] + [(snapshot, stop) for snapshot in stopping]",
        "[(snapshot, stop) for snapshot in stopping] + [(snapshot, begin) for snapshot in waking]",
        A_TICK,
    ),
    Mutation(
        "the oldest comes first",
        "tick.py",
        "    acting.sort(key=_oldest_first)\n",
        "",
        A_TICK,
    ),
    Mutation(
        "one service's fault keeps no other from being looked after",
        "tick.py",
        "    except Exception as error:\n        logger.exception(",
        "    except KeyError as error:\n        logger.exception(",
        A_TICK,
    ),
    Mutation(
        "a tick with a fault ends with an error",
        "tick.py",
        "    if course.faults:\n        told",
        "    if False:\n        told",
        A_TICK,
    ),
    Mutation(
        "state metrics can be switched off",
        "tick.py",
        "    if publish:\n",
        "    if True:\n",
        A_TICK,
    ),
    Mutation(
        "a tick publishes what it has just changed",
        "tick.py",
        "        _now_desired(course, snapshot, desired)\n",
        "",
        A_TICK,
    ),
    Mutation(
        "many waiting wakes are looked at less often",
        "escort.py",
        "pause = min(LONGEST_PAUSE, 2 * pause if troubled else usual)",
        "pause = SHORTEST_PAUSE",
        A_WAKE,
    ),
    Mutation(
        "who waits is answered after fifty seconds",
        "escort.py",
        "LONGEST_WAIT: Final = timedelta(seconds=50)",
        "LONGEST_WAIT: Final = timedelta(seconds=80)",
        A_WAKE,
    ),
    Mutation(
        "a wake that comes to nothing ends with an error",
        "wake.py",
        "    if faults and all(step.fault for step in progress):\n",
        "    if False:\n",
        A_WAKE,
    ),
    Mutation(
        "memory is written before a service is stopped",
        "act.py",
        "    fenced = ports.memories.write(replace(decision.memory, stopping_until=cut_off_at + FENCE_MARGIN))\n"
        "    ports.services.set_desired_count(service.name, 0)\n",
        "    ports.services.set_desired_count(service.name, 0)\n"
        "    fenced = ports.memories.write(replace(decision.memory, stopping_until=cut_off_at + FENCE_MARGIN))\n",
        INTERRUPTED + " " + OVERLAPPING,
    ),
    Mutation(
        "a stop stands behind a fence",
        "act.py",
        "replace(decision.memory, stopping_until=cut_off_at + FENCE_MARGIN)",
        "replace(decision.memory, stopping_until=ports.clock())",
        INTERRUPTED + " " + OVERLAPPING,
    ),
    Mutation(
        "whoever lifts the fence starts the wake asked for meanwhile",
        "act.py",
        "            if memory.wake_requested is None:\n                return",
        "            if True:\n                memory = replace(memory, wake_requested=None)\n                return",
        OVERLAPPING,
    ),
    Mutation(
        "memory is written before a wake is started",
        "act.py",
        "    written = ports.memories.write(decision.memory)\n"
        "    ports.services.set_desired_count(service.name, decision.desired)\n",
        "    ports.services.set_desired_count(service.name, decision.desired)\n"
        "    written = ports.memories.write(decision.memory)\n",
        A_TICK,
    ),
    Mutation(
        "people who ask at the same instant are all answered",
        "wake.py",
        "ATTEMPTS: Final = 25",
        "ATTEMPTS: Final = 2",
        SIMULTANEOUS,
    ),
    Mutation(
        "uninstalling outlasts a stop under way",
        "uninstall.py",
        "        if memory.stopping_until is None or now >= memory.stopping_until:\n",
        "        if True:\n",
        UNINSTALLING,
    ),
    Mutation(
        "uninstalling brings back what this module stopped",
        "uninstall.py",
        "    ports.services.set_desired_count(service.name, desired)\n",
        "",
        UNINSTALLING,
    ),
    Mutation(
        "a partial answer of CloudWatch is unknown",
        "aws/cloudwatch.py",
        '        if status != "Complete":\n',
        "        if False:\n",
        CLOUDWATCH,
    ),
    Mutation(
        "a message of CloudWatch makes its answer unknown",
        "aws/cloudwatch.py",
        "        if message:\n",
        "        if False:\n",
        CLOUDWATCH,
    ),
    Mutation(
        "memory is written only over what was read",
        "aws/dynamodb.py",
        '"#version = :version_read" if memory.version',
        '":version_read = :version_read" if memory.version',
        TABLE,
    ),
    Mutation(
        "metrics that were late must have caught up for some minutes",
        "idleness.py",
        "    if memory.metrics_late is not None and now - memory.metrics_late < SETTLING_OF_LATE_METRICS:",
        "    if False:",
    ),
    Mutation(
        "what is seen only through late metrics is not seen clearly",
        "idleness.py",
        "    if traffic.health_until is not None and now - traffic.health_until > USUAL_METRIC_DELAY:",
        "    if False:",
    ),
)
