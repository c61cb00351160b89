"""Our rules take only requests of their own service, at listeners drawn at random."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from scale_to_zero.model.configured import ModuleRule, Service, ServiceName, WakeOnRequest
from scale_to_zero.model.observed import Conditions, ListenerRule
from scale_to_zero.model.service_state import Phase, ServiceState
from scale_to_zero.rules.rule_positions import SeenRules
from scale_to_zero.rules.wake_rules import after, rule_changes, why_not_armed
from tests.seeds import seed_of_commit
from tests.unit.listener import DEFAULT_RULE, LISTENER, a_rule, on, rule_arn
from tests.unit.small_world import FIELDS, REQUESTS, meets, some_conditions
from tests.unit.timeline import at

LISTENERS = 1_000
REQUESTS_SENT = 20
PRIORITIES = range(1, 25)

Request = Mapping[str, object]


def a_request(random: Random) -> Request:
    had = {field: random.choice(REQUESTS[field]) for field in FIELDS}
    lines = [("user-agent", random.choice("ab"))] if random.random() < 0.5 else []
    headers = had["http-header"]
    assert isinstance(headers, tuple)
    return {**had, "http-header": (*headers, *lines)}


def taken_by(rules: SeenRules, request: Request) -> str:
    """Return the rule that a request meets first: the rule with the lowest priority, and the default last."""
    in_order = sorted(rules.values(), key=lambda rule: (rule.priority is None, rule.priority))
    return next(rule.arn for rule in in_order if all(meets(one, request[one.field]) for one in rule.conditions))


def short_conditions(random: Random) -> Conditions:
    """Return few patterns that many requests meet, because a pattern without requests tests nothing."""
    if random.random() < 0.5:
        return frozenset({on(random.choice(["host-header", "path-pattern"]), random.choice(["*a", "a*", "b*", "*"]))})
    return some_conditions(random)


def some_patterns(random: Random) -> tuple[str, ...]:
    return random.choice([(), ("a*",), ("a*", "*b")])


@dataclass(frozen=True)
class Drawn:
    """A listener with two services.

    ``owner``: the key of the service for each rule that belongs to a service. ``woken_through``: the services' own
    rules; while a service is asleep, all their requests must reach the wake function. ``given_by_listener``: uptime
    checks that may also take requests that only the listener's default would take.
    """

    rules: dict[str, ListenerRule]
    services: list[Service]
    owner: Mapping[str, str]
    woken_through: frozenset[str]
    given_by_listener: frozenset[str]


def a_listener(random: Random) -> Drawn:
    free = random.sample(PRIORITIES, k=len(PRIORITIES))
    rules = [a_rule(DEFAULT_RULE, None, frozenset())]
    rules += [
        a_rule(rule_arn(f"others-{number}"), free.pop(), short_conditions(random))
        for number in range(random.randrange(4))
    ]
    owner: dict[str, str] = {}
    services, woken_through, given_by_listener = [], set(), set()
    for name in ("web", "api"):
        own, ours, monitor = (rule_arn(f"{kind}-{name}") for kind in ("own", "wake", "uptime-check"))
        rules += [
            a_rule(own, free.pop(), short_conditions(random)),
            a_rule(ours, free.pop()),
            a_rule(monitor, free.pop()),
        ]
        wake = ModuleRule("https", ours, LISTENER, own_rule_arn=own)
        if name == "web" and random.random() < 0.3:
            wake = ModuleRule("https", ours, LISTENER, host_headers=random.choice([(), ("a*",)]))
        uptime_check = ModuleRule("uptime", monitor, LISTENER, own_rule_arn=wake.own_rule_arn, user_agents=("a",))
        if random.random() < 0.4:
            uptime_check = ModuleRule(
                "health", monitor, LISTENER, host_headers=some_patterns(random), path_patterns=("b*",)
            )
            given_by_listener.add(monitor)
        behind = wake.own_rule_arn or DEFAULT_RULE
        owner |= dict.fromkeys((behind, ours, monitor), name)
        if not wake.host_headers:
            woken_through.add(behind)
        on_request = WakeOnRequest(rules=(wake,), uptime_checks=(uptime_check,))
        services.append(Service(name, ServiceName("city", name), wake_on_request=on_request))
    listed = {rule.arn: rule for rule in rules}
    return Drawn(listed, services, owner, frozenset(woken_through), frozenset(given_by_listener))


def test_armed_rules_take_only_the_requests_of_their_own_service() -> None:
    random = Random(seed_of_commit())
    seen: Counter[str] = Counter()
    for _ in range(LISTENERS):
        drawn = a_listener(random)
        asleep = {one.key for one in drawn.services if why_not_armed(one, drawn.rules) is None}
        armed: SeenRules = drawn.rules
        for service in drawn.services:
            phase = Phase.ASLEEP if service.key in asleep else Phase.AWAKE
            armed = after(rule_changes(service, ServiceState(service.name, phase, since=at("10:00")), armed), armed)
        for _ in range(REQUESTS_SENT):
            request = a_request(random)
            usual, now = taken_by(drawn.rules, request), taken_by(armed, request)
            if usual == DEFAULT_RULE and now in drawn.given_by_listener:
                continue
            if now != usual:
                assert usual in drawn.owner, f"{now} takes a request of {usual}"
                assert drawn.owner[now] == drawn.owner[usual], f"{now} takes a request of {usual}"
            elif usual in drawn.woken_through:
                assert drawn.owner[usual] not in asleep, f"a request of {usual} finds no service"
            seen["usual" if now == usual else "diverted"] += 1
    assert min(seen["diverted"], seen["usual"]) > LISTENERS / 2, seen
