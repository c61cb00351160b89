"""Judges every stop and every start that a function asks of ECS, by what really was and what the metrics could show."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from scale_to_zero.model.configured import Mode, Service, ServiceName
from scale_to_zero.model.metrics import SeriesKey
from scale_to_zero.model.observed import TARGET_GROUP, Entrance
from scale_to_zero.model.quantities import MINUTE
from scale_to_zero.model.service_state import Memory, Phase
from scale_to_zero.rules.leaving import leaves
from scale_to_zero.rules.taking_back import stopped_by_this_module
from simulator.fault_injection import NOT_SENT
from simulator.ports.faults import Call, Fault
from simulator.ports.in_memory import InMemoryPorts
from simulator.ports.table import takes_effect
from simulator.record import CountChange, Record
from simulator.runs import PUT_TO_SLEEP
from tests.service_states import lease_of

from .checked_run import Described, JudgedRun
from .held_with_all import HeldWithAll
from .hold_checker import RefereeOfHolds
from .metric_checker import RefereeOfMetrics
from .notification_checker import News
from .promise_tracker import PromiseBroken, Watch
from .stop_checker import RefereeOfStops
from .wake_checker import RefereeOfWakes

LOOKED_BACK: Final = timedelta(minutes=40)
"""Longer than any idle window here."""
CLOCKS_DIFFER: Final = timedelta(seconds=2)
OLDEST_ANSWER: Final = timedelta(seconds=10)
"""How old an answer of DescribeServices may be. Not documented; ECS is eventually consistent."""


class Referee:
    """Sees each call just before it takes effect."""

    def __init__(self, ports: InMemoryPorts, record: Record, watch: Watch) -> None:
        self._ports = ports
        self._world = ports.world
        self._record = record
        self._watch = watch
        self.held_with_all = HeldWithAll(ports.world)
        self.of_wakes = RefereeOfWakes(ports, record, watch, self.held_with_all)
        self.of_holds = RefereeOfHolds(ports, watch, self.held_with_all)
        self.of_stops = RefereeOfStops(ports, watch.rules)
        self.of_metrics = RefereeOfMetrics(ports, record, self.of_wakes)
        self.news = News(ports, record, watch)

    def sees(self, run: JudgedRun, call: Call, fault: Fault | None) -> None:
        """Note what the run is told, and judge what it does."""
        self.of_wakes.sees(run, call)
        self.of_stops.sees(run, call, fault)
        if fault not in NOT_SENT:
            self.news.sees(run, call)
            self.held_with_all.sees(call)
        match call.name:
            case "read_all" | "read_services" | "read_hold_all" if fault is None:
                self._sees_table(run, call)
            case "describe" if fault is None:
                assert isinstance(call.subject, ServiceName)
                self._sees_describe(run, call.subject)
            case "read_metrics":
                assert isinstance(call.subject, SeriesKey)
                run.readable[call.subject] = (
                    self._ports.minutes_of(call.subject, self._world.now - LOOKED_BACK) if fault is None else None
                )
            case "has_targets" if fault is None:
                assert isinstance(call.subject, str)
                self.of_metrics.sees_targets(run, call.subject)
            case "protected" if fault is None:
                assert isinstance(call.subject, ServiceName)
                run.busy[call.subject] = self._is_protected(call.subject)
            case "write" if fault not in NOT_SENT:
                assert isinstance(call.value, Memory)
                self._judge_write(run, call.value)
            case "set_desired_count" if fault in (Fault.REFUSED, Fault.FORBIDDEN) and call.value == 0:
                assert isinstance(call.subject, ServiceName)
                self.news.stop_refused(run, call.subject)
            case "set_desired_count" if fault not in NOT_SENT:
                assert isinstance(call.subject, ServiceName)
                assert isinstance(call.value, int)
                self.judge(run, call.subject, call.value)

    def _sees_table(self, run: JudgedRun, call: Call) -> None:
        run.read_hold_all_at = self._world.now
        if call.name == "read_all":
            run.services = {service.name: service for service in self._ports.table.services.values()}
        if call.name == "read_services":
            assert isinstance(call.subject, tuple)
            read = [one for key, one in self._ports.table.services.items() if key in call.subject]
            run.services = {**run.services, **{service.name: service for service in read}}

    def judge(self, run: JudgedRun, name: ServiceName, desired: int) -> None:
        """Judge a change of a desired count at the instant of its effect, before it is recorded."""
        service = run.services.get(name)
        self._require(service is not None, f"{run} changed {name} in ECS, which nobody told it to look after")
        assert service is not None
        stored = self._ports.table.memories.get(name)
        leaving = stored is not None and leaves(stored, self._world.now)
        # Another run may have released it while this call was under way.
        taken_back = (
            desired > 0
            and stored is not None
            and (stopped_by_this_module(stored) or (stored.phase is Phase.AWAKE and stored.since >= run.begun))
        )
        by_mode = service.mode is Mode.ACT or run.kind == "uninstall" or taken_back
        self._require(by_mode, f"{run} changed {name} in ECS, though its mode was {service.mode}")
        before = self.desired(name)
        if desired == 0 and before > 0:
            self._require(self.service(name) is not None, f"{run} stopped {name}, which has left the module")
            self._judge_stop(run, service)
        if desired > 0 and not leaving:
            self.of_wakes.judge_start(run, service, before, desired)
        if desired != before:
            # A service whose stop ECS does not show yet is brought back with the count it shows.
            shown = {self._record.desired_at(name, run.begun - OLDEST_ANSWER, before)}
            self._watch.count_asked(
                service, desired, str(run), shown if service.mode is not Mode.ACT or leaving else set()
            )

    def desired(self, name: ServiceName) -> int:
        """The desired count as it really is."""
        return self._world.describe_service(*name).desired

    def service(self, name: ServiceName) -> Service | None:
        """The configuration of a service, as it is now."""
        return next((one for one in self._ports.table.services.values() if one.name == name), None)

    def _acts(self, name: ServiceName) -> bool:
        """Whether its mode is ``act`` now; a change of it while a stop is under way disarms its rules meanwhile."""
        configured = self.service(name)
        return configured is not None and configured.mode is Mode.ACT

    def unwatched_entrances(self, service: Service, entrances: frozenset[Entrance]) -> frozenset[Entrance]:
        """What leads to the service past the target groups that are watched."""
        watched = service.target_group_arns
        return frozenset(one for one in entrances if one.kind != TARGET_GROUP or one.name not in watched)

    def described(self, name: ServiceName) -> Described | None:
        """What is so about a service in ECS."""
        service = self.service(name)
        facts = self._ports.facts(name)
        if service is None or facts is None:
            return None
        unwatched = not service.ignore_other_traffic and (
            bool(self.unwatched_entrances(service, facts.entrances)) or self._has_gateway_connector(name)
        )
        assert facts.deployed_at is not None
        return Described(self._world.now, facts.desired, facts.deployment_running, unwatched, facts.deployed_at)

    def _has_gateway_connector(self, name: ServiceName) -> bool:
        return any(one.gateway_connectors for one in self._world.describe_service(*name).deployments)

    def _is_protected(self, name: ServiceName) -> bool:
        ends, facts = self._ports.protected_until.get(name), self._ports.facts(name)
        return ends is not None and self._world.now < ends - CLOCKS_DIFFER and facts is not None and facts.running > 0

    def ends(self, run: JudgedRun, *, cut_off: bool) -> None:
        """A run has ended, or was cut off."""
        self.of_wakes.ends(run)
        self.of_stops.ends(run, cut_off=cut_off)
        self.news.starts.ends()

    def sees_waiting(self, run: JudgedRun, seconds: float) -> None:
        """A run is about to wait."""
        self.of_wakes.sees_waiting(run, seconds)

    def _sees_describe(self, run: JudgedRun, name: ServiceName) -> None:
        described = self.described(name)
        if described is not None:
            run.described[name] = described

    def _judge_write(self, run: JudgedRun, memory: Memory) -> None:
        """Whoever writes that a service sleeps does not pass over an activity that another run recorded meanwhile."""
        stored, service = self._ports.table.memories.get(memory.name), run.services.get(memory.name)
        if takes_effect(memory, stored):
            self.of_holds.judge_write(run, memory, stored)
        if lease_of(memory) is not None and stored is not None and lease_of(memory) != lease_of(stored):
            self._require(
                not leaves(stored, self._world.now) or not takes_effect(memory, stored),
                f"{run} begins to stop {memory.name}, which leaves the module",
            )
        if lease_of(memory) is None or stored is None or service is None or stored.last_activity is None:
            return
        if (memory.version, memory.last_activity or stored.last_activity) != (stored.version, stored.last_activity):
            return
        if stored.sleep_requested is not None or lease_of(stored) is not None:
            return
        self._require(
            self._world.now - stored.last_activity >= service.idle,
            f"{run} begins to stop {memory.name}, though its memory tells of activity at {stored.last_activity}",
        )

    def _judge_stop(self, run: JudgedRun, service: Service) -> None:
        self._require(run.kind in PUT_TO_SLEEP, f"{run} stopped {service.name}: only ticks and requests put to sleep")
        memory = self._ports.table.memories.get(service.name)
        seen = run.described.get(service.name)
        self._require(seen is not None, f"{run} stopped {service.name} without having seen it")
        assert seen is not None
        requested = self.of_holds.requested(service.name)
        self._judge_wakes(run, service, memory, requested)
        self._require(not seen.deployment_running, f"{run} stopped {service.name} while a deployment ran")
        self._require(
            service.name not in self._ports.scalable_targets, f"{run} stopped {service.name}, a scalable target"
        )
        if requested is None:
            self._judge_idleness(run, service, seen)
        if service.wake_on_request is not None and self._acts(service.name):
            self.of_wakes.judge_stop(run, service, requested)
        busy = run.busy.get(service.name)
        self._require(busy is False, f"{run} stopped {service.name} while a task was protected, or without asking")

    def _judge_idleness(self, run: JudgedRun, service: Service, seen: Described) -> None:
        """All of its use could be seen, and there was none."""
        self._judge_window(run, service, seen)
        self._require(not seen.unwatched, f"{run} stopped {service.name}, which has an unwatched entrance")
        self._require(bool(service.target_group_arns), f"{run} stopped {service.name}, whose use nobody can see")
        self.of_metrics.judge_stop(run, service, self._noticed_start(service), acts=self._acts(service.name))
        too_early = self._watch.deployments.stopped_too_early(service, seen.deployed_at)
        self._require(not too_early, f"{run} stopped {service.name} {too_early}")

    def _judge_wakes(self, run: JudgedRun, service: Service, memory: Memory | None, requested: datetime | None) -> None:
        """A slow stop never undoes a wake: none comes before the fence is lifted, and then the wake is started.

        ``requested``: when somebody asked for it to sleep, whose word counts if it is the newest.
        """
        now = self._world.now
        fenced = memory is not None and memory.stop_under_way(now) is not None
        self._require(
            memory is not None and memory.phase is Phase.ASLEEP and fenced,
            f"{run} stops {service.name} without a fence: {memory}",
        )
        watched = self._watch.of(service.name)
        asked = watched.last_asked
        if asked is not None and now - asked < service.idle and (requested is None or asked > requested):
            recorded = memory is not None and memory.wake_requested is not None
            told = f"which was asked to be awake at {asked:%H:%M:%S}"
            self._require(recorded, f"{run} stopped {service.name}, {told}")
            return
        watched.asked = None

    def _judge_window(self, run: JudgedRun, service: Service, seen: Described) -> None:
        start = self._noticed_start(service)
        if start is None or start.at > seen.at:
            return
        self._require(
            self._world.now - start.at >= service.idle,
            f"{run} stopped {service.name}, which {start.by} started at {start.at:%H:%M:%S}",
        )

    def _noticed_start(self, service: Service) -> CountChange | None:
        """Its newest start, unless somebody stopped and started it by hand so quickly that no tick could notice."""
        start = self._record.last(service.name, stop=False)
        stop = self._record.last(service.name, stop=True)
        if start is None or (stop is not None and stop.by_hand and start.at - stop.at < 5 * MINUTE):
            return None
        return start

    def _require(self, held: bool, promise: str) -> None:
        if not held:
            raise PromiseBroken(promise)
