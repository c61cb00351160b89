from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import timedelta

import pytest

from scale_to_zero.aws.table.state_items import INSTANTS_OF_A_WAKE
from scale_to_zero.model.configured import Mode, ModuleRule, Service, ServiceName, WakeOnRequest
from scale_to_zero.model.errors import CallFailed, StateChanged
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.scaling import Scaling, Suspension
from scale_to_zero.model.service_state import (
    Backoff,
    Explanation,
    Hold,
    HoldAll,
    Leaving,
    Phase,
    PhaseChange,
    ServiceState,
    Stop,
    TimeAsleep,
    Wake,
)
from scale_to_zero.model.stored import Stored
from tests.contract.stage import API, MINUTE, NOW, SECOND, WEB, Stage
from tests.service_states import a_wake, wake_of

AWAKE = ServiceState(WEB, Phase.AWAKE, since=NOW)
FULL = ServiceState(
    name=WEB,
    phase=Phase.WAKING,
    since=NOW + timedelta(microseconds=123_456),
    last_activity=NOW - 5 * MINUTE,
    requested_at=NOW - 1 * SECOND,
    restore=3,
    stop=Stop(NOW + 60 * SECOND, NOW - 2 * SECOND),
    backoff=Backoff(NOW + 4 * MINUTE, "CannotPullContainerError: no basic auth credentials"),
    stopped=NOW - 60 * MINUTE,
    usual_wake=timedelta(seconds=42, microseconds=500_000),
    would_sleep_since=NOW - 3 * MINUTE,
    metrics_late=NOW - 4 * MINUTE,
    targetless_since=NOW - 5 * MINUTE,
    armed=NOW - 6 * MINUTE,
    routing_restored_at=NOW - 11 * MINUTE,
    wake=Wake(
        **{name: NOW + number * SECOND for number, name in enumerate(("deadline", *INSTANTS_OF_A_WAKE))},
        failed=True,
        cause="CannotPullContainerError: no basic auth credentials",
    ),
    failures=3,
    hold=Hold(NOW + 120 * MINUTE, "démo <pour> le client"),
    sleep_requested=NOW - 7 * MINUTE,
    deployment_since=NOW - 9 * MINUTE,
    leaving=Leaving(NOW - 10 * MINUTE, done=True),
    scaling=Scaling(Suspension(scale_in=True, scheduled=True), NOW - 9 * MINUTE),
    awake_since=NOW - 8 * MINUTE,
    time_asleep=TimeAsleep(NOW.date(), 9 * MINUTE, timedelta(days=12, microseconds=250_000)),
    changes=(
        PhaseChange(4, NOW - MINUTE, Phase.AWAKE, Phase.ASLEEP, Reason.IDLE, quiet_since=NOW - 6 * MINUTE),
        PhaseChange(
            5, NOW, Phase.WAKING, Phase.WAKING, Reason.WAKE_FAILED, failed=True, began=NOW - MINUTE, cause="No capacity"
        ),
    ),
)


def test_the_service_state_with_every_field_sets_every_field() -> None:
    unset = [part.name for part in fields(ServiceState) if getattr(FULL, part.name) == part.default]
    assert set(unset) == {"version", "watcher_expected_until", "watcher_until", "notified"}, (
        "version is set by each write, and the others are written separately"
    )
    assert None not in vars(wake_of(FULL)).values()


# In local_aws moto itself handles the table.
@pytest.mark.parametrize("stage", ["in memory", "on moto"], indirect=True)
class TestServiceStates:
    def test_a_service_state_that_was_never_written_is_none(self, stage: Stage) -> None:
        assert stage.ports.table.read(WEB) is None
        assert stage.ports.table.read_all().states == {}

    @pytest.mark.parametrize("state", [AWAKE, FULL], ids=["few fields", "every field"])
    def test_a_service_state_reads_as_it_was_written_with_the_next_version(
        self, stage: Stage, state: ServiceState
    ) -> None:
        written = stage.ports.table.write(state)
        assert written == replace(state, version=1)
        assert stage.ports.table.read(WEB) == written
        assert stage.ports.table.read_all().states == {WEB: written}

    @pytest.mark.parametrize("phase", Phase)
    def test_every_phase_reads_as_it_was_written(self, stage: Stage, phase: Phase) -> None:
        written = stage.ports.table.write(replace(AWAKE, phase=phase, wake=a_wake()))
        assert stage.ports.table.read(WEB) == written

    def test_some_parts_of_a_wake_read_as_they_were_written(self, stage: Stage) -> None:
        written = stage.ports.table.write(replace(AWAKE, wake=a_wake(first_requested_at=NOW, started=NOW + MINUTE)))
        assert stage.ports.table.read(WEB) == written

    def test_fields_that_are_unset_again_are_removed(self, stage: Stage) -> None:
        written = stage.ports.table.write(FULL)
        emptied = stage.ports.table.write(
            ServiceState(WEB, Phase.ASLEEP, since=NOW, version=written.version, last_activity=FULL.last_activity)
        )
        assert stage.ports.table.read(WEB) == emptied

    def test_a_write_without_last_activity_keeps_the_recorded_one(self, stage: Stage) -> None:
        written = stage.ports.table.write(replace(AWAKE, last_activity=NOW))
        stage.ports.table.write(replace(written, last_activity=None))
        saved = stage.ports.table.read(WEB)
        assert saved is not None
        assert saved.last_activity == NOW

    def test_of_two_first_writers_one_wins(self, stage: Stage) -> None:
        written = stage.ports.table.write(AWAKE)
        with pytest.raises(StateChanged):
            stage.ports.table.write(replace(AWAKE, phase=Phase.ASLEEP))
        assert stage.ports.table.read(WEB) == written

    def test_of_two_writers_of_the_same_version_one_wins(self, stage: Stage) -> None:
        first = stage.ports.table.write(AWAKE)
        second = stage.ports.table.write(replace(first, phase=Phase.ASLEEP))
        with pytest.raises(StateChanged):
            stage.ports.table.write(replace(first, phase=Phase.WAKING))
        assert stage.ports.table.read(WEB) == second

    def test_the_write_of_a_service_state_that_is_gone_fails(self, stage: Stage) -> None:
        written = stage.ports.table.write(AWAKE)
        stage.delete_state(WEB)
        with pytest.raises(StateChanged):
            stage.ports.table.write(written)
        assert stage.ports.table.read(WEB) is None

    def test_service_states_of_two_services_do_not_affect_each_other(self, stage: Stage) -> None:
        web = stage.ports.table.write(AWAKE)
        api = stage.ports.table.write(replace(FULL, name=API))
        assert stage.ports.table.read_all().states == {WEB: web, API: api}

    def test_activity_is_recorded_without_a_new_version(self, stage: Stage) -> None:
        written = stage.ports.table.write(AWAKE)
        stage.ports.table.record_activity({WEB: NOW + MINUTE})
        assert stage.ports.table.read(WEB) == replace(written, last_activity=NOW + MINUTE)

    def test_activity_moves_forward_only(self, stage: Stage) -> None:
        written = stage.ports.table.write(replace(AWAKE, last_activity=NOW))
        stage.ports.table.record_activity({WEB: NOW - MINUTE})
        assert stage.ports.table.read(WEB) == written

    def test_activity_of_a_service_without_service_state_is_skipped(self, stage: Stage) -> None:
        written = stage.ports.table.write(AWAKE)
        stage.ports.table.record_activity({API: NOW, WEB: NOW})
        assert stage.ports.table.read(API) is None
        assert stage.ports.table.read(WEB) == replace(written, last_activity=NOW)

    def test_activity_of_many_services_is_recorded_although_some_are_skipped(self, stage: Stage) -> None:
        names = [ServiceName("cluster", f"service-{number}") for number in range(105)]
        with_state = names[::2]
        for name in with_state:
            stage.ports.table.write(ServiceState(name, Phase.AWAKE, since=NOW))
        stage.ports.table.record_activity(dict.fromkeys(names, NOW + MINUTE))
        states = stage.ports.table.read_all().states
        assert states == {
            name: ServiceState(name, Phase.AWAKE, since=NOW, version=1, last_activity=NOW + MINUTE)
            for name in with_state
        }

    def test_without_activity_there_is_no_call(self, stage: Stage) -> None:
        stage.refuse("record_activity")
        stage.ports.table.record_activity({})

    def test_a_decision_made_before_a_later_activity_was_recorded_must_be_made_again(self, stage: Stage) -> None:
        read = stage.ports.table.write(replace(AWAKE, last_activity=NOW))
        stage.ports.table.record_activity({WEB: NOW + MINUTE})
        with pytest.raises(StateChanged):
            stage.ports.table.write(replace(read, phase=Phase.ASLEEP))
        saved = stage.ports.table.read(WEB)
        assert saved == replace(read, last_activity=NOW + MINUTE)

    def test_a_sent_notification_is_recorded_without_a_new_version_and_kept_by_the_next_write(
        self, stage: Stage
    ) -> None:
        written = stage.ports.table.write(FULL)
        stage.ports.table.record_notified(WEB, 5)
        assert stage.ports.table.read(WEB) == replace(written, notified=5)
        stage.ports.table.write(written)
        again = stage.ports.table.read(WEB)
        assert again is not None
        assert (again.version, again.notified) == (2, 5)

    def test_the_newest_sent_notification_moves_forward_only(self, stage: Stage) -> None:
        stage.ports.table.write(FULL)
        for version in (5, 4):
            stage.ports.table.record_notified(WEB, version)
        saved = stage.ports.table.read(WEB)
        assert saved is not None
        assert saved.notified == 5

    def test_a_notification_for_a_service_without_service_state_leaves_nothing_behind(self, stage: Stage) -> None:
        stage.ports.table.record_notified(WEB, 5)
        assert stage.ports.table.read(WEB) is None
        stage.ports.table.write(AWAKE)
        saved = stage.ports.table.read(WEB)
        assert saved is not None
        assert saved.notified == 0

    def test_a_deleted_service_state_begins_again_with_version_1(self, stage: Stage) -> None:
        stage.ports.table.write(FULL)
        stage.delete_state(WEB)
        assert stage.ports.table.read(WEB) is None
        assert stage.ports.table.write(AWAKE).version == 1

    def test_services_are_read_as_configured_in_the_order_of_their_keys(self, stage: Stage) -> None:
        web = Service("web", WEB, "arn:of:lb", ("arn:of:tg", "arn:of:another"), Mode.DRY_RUN, 7 * MINUTE, 1, True)
        own = ModuleRule("https", "arn:of:ours", "arn:of:listener", own_rule_arn="arn:of:theirs")
        uptime_check = ModuleRule(
            "monitor", "arn:of:uptime-check", "arn:of:listener", None, ("a", "b"), ("/c",), ("Pingdom*",)
        )
        origins = ("https://app.example.com",)
        wake = WakeOnRequest((own,), (uptime_check,), 7.5 * SECOND, 3, True, 202, 2 * MINUTE, origins)
        web = replace(web, wake_deadline=timedelta(seconds=600), hourly_cost=0.0125, wake_on_request=wake)
        api = Service("api", API)
        stage.configure(web)
        stage.configure(api)
        stored = stage.ports.table.read_all()
        assert stored.services == (api, web)
        assert stored.unreadable == ()

    def test_configuration_and_service_state_are_read_together(self, stage: Stage) -> None:
        stage.configure(Service("web", WEB))
        written = stage.ports.table.write(AWAKE)
        stored = stage.ports.table.read_all()
        assert [service.name for service in stored.services] == [WEB]
        assert stored.states == {WEB: written}

    def test_all_pages_of_a_large_table_are_read(self, stage: Stage) -> None:
        services = [Service(f"s{number:04}", ServiceName("c", f"s{number}"), "a" * 2_000) for number in range(600)]
        for service in services:
            stage.configure(service)
        assert stage.ports.table.read_all().services == tuple(services)

    def test_named_services_are_read_with_their_service_states_and_nothing_else(self, stage: Stage) -> None:
        for service in (Service("web", WEB), Service("api", API)):
            stage.configure(service)
        web = stage.ports.table.write(AWAKE)
        stage.ports.table.write(replace(AWAKE, name=API))
        why = Explanation("idle", "it is not in use", needs_attention=False, since=NOW, logged=NOW)
        stage.ports.table.explain(WEB, why, known=True)
        hold = HoldAll(NOW, NOW + MINUTE, "release night")
        stage.ports.table.write_hold_all(hold)
        expected = Stored((Service("web", WEB),), {WEB: web}, explanations={WEB: why}, hold_all=hold)
        assert stage.ports.table.read_services(["web"]) == expected
        assert stage.ports.table.read_services(["web"], [WEB]) == expected
        assert stage.ports.table.read_services([], [WEB]) == replace(expected, services=())

    def test_a_service_without_configuration_and_service_state_is_missing(self, stage: Stage) -> None:
        stage.configure(Service("web", WEB))
        stored = stage.ports.table.read_services(["unknown", "web", "web"], [API])
        assert stored == Stored((Service("web", WEB),), {})

    def test_more_named_services_than_a_call_accepts_are_all_read(self, stage: Stage) -> None:
        services = [Service(f"s{number:04}", ServiceName("c", f"s{number}")) for number in range(150)]
        for service in services:
            stage.configure(service)
        states = {one.name: stage.ports.table.write(replace(AWAKE, name=one.name)) for one in services}
        stored = stage.ports.table.read_services([one.key for one in services])
        assert (stored.services, stored.states) == (tuple(services), states)

    @pytest.mark.parametrize("call", ["read_all", "read", "write", "record_activity", "record_notified"])
    def test_every_refused_call_raises_and_says_why(self, stage: Stage, call: str) -> None:
        stage.refuse(call)
        states = stage.ports.table
        calls: dict[str, Callable[[], object]] = {
            "read_all": states.read_all,
            "read": lambda: states.read(WEB),
            "write": lambda: states.write(AWAKE),
            "record_activity": lambda: states.record_activity({WEB: NOW}),
            "record_notified": lambda: states.record_notified(WEB, 5),
        }
        with pytest.raises(CallFailed, match=r"\w"):
            calls[call]()
