"""While all services are held, none is put to sleep. Sleeping ones are woken, unless stopped by hand since then."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from scale_to_zero.model.configured import Mode
from scale_to_zero.model.decided import Action, Decision
from scale_to_zero.model.observed import Missing, Snapshot, Unknown
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.scaling import ALL_SUSPENDED, ScalableTarget
from scale_to_zero.model.service_state import Hold, HoldAll, Phase, ServiceState, Stop
from scale_to_zero.rules.decide import decide
from tests.service_states import has_failed, retry_at_of
from tests.unit.timeline import (
    NAME,
    NOT_READY,
    READY,
    Timeline,
    a_service,
    a_service_woken_by_requests,
    at,
    running_facts,
)

SENTENCE = "web is held awake with all services until 2026-03-02 11:00:00 UTC (incident 42)"
SCALED_TO_ZERO = ScalableTarget(0, 3)
UNREADABLE = Unknown("the item hold_all cannot be read (it lacks 'until'); send a new hold_all_until")


def writes(decisions: list[Decision]) -> list[Decision]:
    return [decision for decision in decisions if decision.state is not None]


def test_an_idle_service_stays_awake_until_the_hold_ends_and_then_sleeps_at_once() -> None:
    timeline = Timeline.awake_since("09:00").write_hold_of_all("09:01", "11:00", "incident 42")
    decisions = timeline.ticks("09:02", "10:59")
    assert {(decision.action, decision.reason, decision.sentence) for decision in decisions} == {
        (Action.STAY, Reason.HELD, SENTENCE)
    }
    assert timeline.stopped_at("11:00", "11:30") == "11:00"


def test_an_idle_service_sleeps_once_all_are_released() -> None:
    timeline = Timeline.awake_since("09:00").write_hold_of_all("09:01", "18:00")
    timeline.ticks("09:02", "10:00")
    assert timeline.release_all().stopped_at("10:01", "10:30") == "10:01"


def test_a_service_with_wake_rules_does_not_drain() -> None:
    timeline = Timeline.awake_since("09:00", service=a_service_woken_by_requests()).write_hold_of_all("09:01", "11:00")
    assert Action.DRAIN not in {decision.action for decision in timeline.ticks("09:02", "10:59")}
    assert timeline.first(Action.DRAIN, "11:00", "11:05") == "11:00"


def test_a_draining_service_is_awake_again_at_the_next_tick() -> None:
    timeline = Timeline.draining_since_six_past_ten().write_hold_of_all("10:06:30", "12:00")
    assert timeline.tick("10:07").reason is Reason.NEEDED_WHILE_DRAINING
    assert (timeline.phase, timeline.armed) == (Phase.AWAKE, False)
    assert not writes(timeline.ticks("10:08", "11:59"))


@pytest.mark.parametrize(
    ("own", "of_all", "sentence"),
    [
        ("12:00", "11:00", "web is held awake until 2026-03-02 12:00:00 UTC (demo)"),
        ("10:30", "11:00", SENTENCE),
        ("11:00", "11:00", "web is held awake until 2026-03-02 11:00:00 UTC (demo)"),
    ],
)
def test_the_hold_that_ends_later_is_reported(own: str, of_all: str, sentence: str) -> None:
    timeline = Timeline.awake_since("09:00").save_state(hold=Hold(at(own), "demo"))
    assert timeline.write_hold_of_all("09:01", of_all, "incident 42").tick("10:00").sentence == sentence


def test_the_own_hold_of_a_service_outlasts_the_hold_of_all_and_is_not_changed() -> None:
    timeline = (
        Timeline.awake_since("09:00").save_state(hold=Hold(at("12:00"), "demo")).write_hold_of_all("09:01", "11:00")
    )
    assert not writes(timeline.ticks("09:02", "11:59"))
    assert timeline.saved_state.hold == Hold(at("12:00"), "demo")
    assert timeline.stopped_at("12:00", "12:30") == "12:00"


class TestWaking:
    def test_a_tick_wakes_a_service_that_this_module_stopped(self) -> None:
        timeline = Timeline.asleep_since("08:00").write_hold_of_all("09:00", "11:00", "incident 42")
        decision = timeline.tick("09:01")
        assert (decision.action, decision.desired, decision.reason) == (Action.WAKE, 1, Reason.WAKE_REQUESTED)
        assert decision.sentence == f"web wakes: its desired count is set to 1; it {SENTENCE.removeprefix('web ')}"
        assert timeline.saved_state.hold is None
        timeline.tick("09:02")
        assert timeline.phase is Phase.AWAKE
        assert not writes(timeline.ticks("09:03", "10:59"))

    def test_a_stop_under_way_ends_before_the_service_is_woken(self) -> None:
        timeline = Timeline.asleep_since("09:00:05").save_state(stop=Stop(at("09:01:10")))
        timeline.write_hold_of_all("09:00", "11:00")
        assert timeline.tick("09:01").reason is Reason.STOP_UNDER_WAY
        assert timeline.tick("09:02").action is Action.WAKE

    def test_a_service_that_was_set_to_zero_by_hand_since_then_stays_asleep(self) -> None:
        timeline = Timeline.awake_since("08:00").write_hold_of_all("09:00", "11:00")
        timeline.tick("09:01")
        timeline.set_in_ecs(0)
        assert timeline.tick("09:30").reason is Reason.STOPPED_ELSEWHERE
        decisions = timeline.ticks("09:31", "11:30")
        assert {decision.reason for decision in decisions} == {Reason.ASLEEP}
        assert not writes(decisions)

    def test_a_service_that_was_set_to_zero_by_hand_before_is_woken(self) -> None:
        timeline = Timeline.asleep_since("08:00").save_state(stopped=None).write_hold_of_all("09:00", "11:00")
        assert timeline.tick("09:01").action is Action.WAKE

    def test_a_new_command_wakes_a_service_that_was_stopped_by_hand_after_the_previous_command(self) -> None:
        timeline = Timeline.asleep_since("09:30").save_state(stopped=None).write_hold_of_all("09:00", "11:00")
        assert timeline.tick("09:31").reason is Reason.ASLEEP
        assert timeline.write_hold_of_all("09:40", "12:00").tick("09:41").action is Action.WAKE

    def test_a_service_that_auto_scaling_may_have_scaled_to_zero_stays_asleep(self) -> None:
        timeline = Timeline.asleep_since("08:00", scalable_target=SCALED_TO_ZERO).save_state(stopped=None)
        decisions = timeline.write_hold_of_all("09:00", "11:00").ticks("09:01", "10:59")
        assert {decision.reason for decision in decisions} == {Reason.ASLEEP}
        assert not writes(decisions)

    def test_a_service_that_this_module_stopped_before_its_minimum_became_zero_is_woken(self) -> None:
        timeline = Timeline.asleep_since("08:00", scalable_target=SCALED_TO_ZERO).write_hold_of_all("09:00", "11:00")
        assert timeline.tick("09:01").action is Action.WAKE

    def test_a_service_at_zero_that_was_added_to_the_module_since_then_stays_asleep(self) -> None:
        timeline = Timeline(facts=running_facts(0)).write_hold_of_all("09:00", "11:00")
        decisions = timeline.ticks("09:30", "10:59")
        assert [decision.reason for decision in decisions[:2]] == [Reason.FIRST_SEEN, Reason.ASLEEP]
        assert len(writes(decisions)) == 1

    def test_a_running_service_that_was_added_to_the_module_since_then_is_held(self) -> None:
        timeline = Timeline().write_hold_of_all("09:00", "11:00")
        timeline.ticks("09:30", "09:31")
        assert timeline.tick("10:30").reason is Reason.HELD

    @pytest.mark.parametrize("mode", [Mode.DRY_RUN, Mode.OFF])
    def test_a_service_whose_mode_is_not_act_is_neither_woken_nor_held(self, mode: Mode) -> None:
        timeline = Timeline.asleep_since("08:00", service=a_service(mode=mode)).save_state(stopped=None)
        assert timeline.write_hold_of_all("09:00", "11:00").tick("09:01").action is not Action.WAKE
        timeline = Timeline.awake_since("08:00", service=a_service(mode=mode)).write_hold_of_all("09:00", "11:00")
        assert timeline.tick("09:10").reason is (Reason.WOULD_SLEEP if mode is Mode.DRY_RUN else Reason.OFF)

    def test_a_hold_of_all_that_is_over_wakes_no_service(self) -> None:
        timeline = Timeline.asleep_since("08:00").write_hold_of_all("07:00", "08:30")
        assert timeline.tick("09:00").reason is Reason.ASLEEP

    def test_a_failed_wake_is_not_abandoned_before_the_hold_ends(self) -> None:
        timeline = Timeline.asleep_since("08:00", readiness=NOT_READY).write_hold_of_all("09:00", "11:00")
        decisions = timeline.ticks("09:01", "11:04")
        assert Action.SLEEP not in {decision.action for decision in decisions}
        assert [decision.reason for decision in writes(decisions)] == [Reason.WAKE_REQUESTED, Reason.WAKE_FAILED]
        assert timeline.stopped_at("11:05", "11:30") == "11:05"


class TestWakesThatEcsRefuses:
    """A wake that ECS refuses is retried with a growing backoff while only a hold keeps it from being abandoned."""

    def refused(self, timeline: Timeline, first: str, last: str) -> list[Decision]:
        decisions = []
        clock = at(first)
        while clock <= at(last):
            decisions.append(timeline.tick(f"{clock:%H:%M:%S}"))
            timeline.set_in_ecs(0)
            clock += timedelta(minutes=1)
        return decisions

    @pytest.mark.parametrize("held", [{"of_all": True}, {"of_all": False}])
    def test_a_refused_wake_is_retried_with_a_backoff_of_up_to_a_quarter_of_an_hour(
        self, held: dict[str, bool]
    ) -> None:
        timeline = Timeline.asleep_since("08:00")
        if held["of_all"]:
            timeline.write_hold_of_all("09:00", "21:00")
        else:
            timeline.save_state(hold=Hold(at("21:00")))
        decisions = self.refused(timeline, "09:01", "20:59")
        wakes = [decision for decision in decisions if decision.action is Action.WAKE]
        assert len(writes(decisions)) == len(wakes) + 1, "one more write records the failure"
        # Each minute for the ten minutes before it would be abandoned, then with a growing backoff.
        assert 50 <= len(wakes) <= 62
        waits = [decision for decision in decisions if decision.action is Action.STAY]
        assert {(decision.reason, decision.warning) for decision in waits} == {(Reason.WAKE_FAILED, True)}
        assert "it is held, so the next attempt is at" in waits[-1].sentence
        assert self.refused(timeline, "21:05", "21:05")[0].reason is Reason.WAKE_ABANDONED

    def test_a_refused_wake_is_retried_at_once_on_request_and_its_failure_is_removed_once_the_service_is_awake(
        self,
    ) -> None:
        timeline = Timeline.asleep_since("08:00").write_hold_of_all("09:00", "21:00")
        self.refused(timeline, "09:01", "10:00")
        assert retry_at_of(timeline.saved_state) is not None
        timeline.request_wake("10:00:30")
        assert timeline.tick("10:01").reason is Reason.READY
        assert (timeline.saved_state.failures, timeline.saved_state.backoff, timeline.saved_state.failed) == (
            0,
            None,
            False,
        )


class TestTheCommand:
    @pytest.mark.parametrize("phase", [Phase.AWAKE, Phase.WAKING])
    def test_an_awake_or_waking_service_is_not_changed(self, phase: Phase) -> None:
        timeline = Timeline(state=ServiceState(NAME, phase, since=at("08:00"), restore=1))
        decision = timeline.hold_all("09:00", "11:00", "incident 42")
        assert (decision.action, decision.state) == (Action.STAY, None)
        assert decision.sentence == f"web is {phase}; it {SENTENCE.removeprefix('web ')}"

    def test_a_sleeping_service_is_woken(self) -> None:
        timeline = Timeline.asleep_since("08:00")
        decision = timeline.hold_all("09:00", "11:00", "incident 42")
        assert (decision.action, decision.desired) == (Action.WAKE, 1)
        assert decision.sentence == f"web wakes: its desired count is set to 1; it {SENTENCE.removeprefix('web ')}"
        assert timeline.saved_state.hold is None

    def test_a_draining_service_becomes_awake_again(self) -> None:
        timeline = Timeline.draining_since_six_past_ten()
        timeline.hold_all("10:07", "12:00")
        assert (timeline.phase, timeline.armed) == (Phase.AWAKE, False)

    def test_a_request_to_sleep_is_cancelled(self) -> None:
        timeline = Timeline.awake_since("08:00").save_state(sleep_requested=at("08:59"))
        timeline.hold_all("09:00", "11:00")
        assert timeline.saved_state.sleep_requested is None

    def test_a_service_that_was_set_to_zero_just_before_is_woken_though_no_tick_observed_this(self) -> None:
        timeline = Timeline.awake_since("08:00").set_in_ecs(0)
        assert timeline.hold_all("09:00", "11:00").action is Action.WAKE

    def test_a_service_that_was_never_observed_is_recorded_or_woken(self) -> None:
        assert Timeline().hold_all("09:00", "11:00").reason is Reason.AWAKE
        assert Timeline(facts=running_facts(0)).hold_all("09:00", "11:00").action is Action.WAKE

    def test_a_service_that_could_not_be_observed_in_ecs_is_woken_by_a_tick(self) -> None:
        timeline = Timeline.asleep_since("08:00", facts=Unknown("ecs:DescribeServices was throttled"))
        decision = timeline.hold_all("09:00", "11:00")
        assert (decision.action, decision.state) == (Action.SKIP, None)
        assert decision.sentence.endswith("; the next tick that can read ECS wakes it if it sleeps")
        timeline.facts = running_facts(0)
        assert timeline.tick("09:01").action is Action.WAKE

    @pytest.mark.parametrize(
        "timeline",
        [
            Timeline.asleep_since("08:00", service=a_service(mode=Mode.DRY_RUN)),
            Timeline.asleep_since("08:00", service=a_service(mode=Mode.OFF)),
            Timeline.asleep_since("08:00", facts=Missing("there is no such service")),
            Timeline.asleep_since("08:00", scalable_target=SCALED_TO_ZERO).save_state(stopped=None),
        ],
    )
    def test_a_service_that_the_module_skips_is_skipped(self, timeline: Timeline) -> None:
        decision = timeline.hold_all("09:00", "11:00")
        assert (decision.action, decision.state) == (Action.SKIP, None)
        assert "with all services" not in decision.sentence
        assert "the next tick" not in decision.sentence

    def test_a_service_whose_scalable_target_cannot_be_read_is_woken(self) -> None:
        timeline = Timeline.asleep_since("08:00", scalable_target=Unknown("throttled")).save_state(stopped=None)
        assert timeline.hold_all("09:00", "11:00").action is Action.WAKE

    def test_lifting_the_own_hold_of_a_service_says_that_all_are_still_held(self) -> None:
        timeline = (
            Timeline.awake_since("08:00")
            .save_state(hold=Hold(at("12:00")))
            .write_hold_of_all("09:00", "11:00", "incident 42")
        )
        assert (
            timeline.release("09:01").sentence == f"web no longer has its own hold; it {SENTENCE.removeprefix('web ')}"
        )
        assert (
            timeline.release("09:02").sentence == f"web does not have its own hold; it {SENTENCE.removeprefix('web ')}"
        )
        assert timeline.tick("10:00").reason is Reason.HELD
        assert timeline.release("11:01").sentence == "web is not held"


class TestRequestsToSleep:
    @pytest.mark.parametrize("force", [False, True])
    @pytest.mark.parametrize(
        "timeline", [Timeline.awake_since("08:00"), Timeline.asleep_since("08:00"), Timeline.waking_since("08:59")]
    )
    def test_a_request_to_sleep_is_refused_even_with_force(self, timeline: Timeline, force: bool) -> None:
        timeline.write_hold_of_all("09:00", "11:00", "incident 42")
        decision = timeline.request_sleep("09:01", force=force)
        assert (decision.action, decision.reason, decision.state) == (Action.SKIP, Reason.HELD, None)
        assert decision.sentence == f'{SENTENCE}; release all first, with "hold_all_until": null'

    def test_a_service_that_was_stopped_by_hand_since_then_is_asleep_already(self) -> None:
        timeline = Timeline.asleep_since("09:30").save_state(stopped=None).write_hold_of_all("09:00", "11:00")
        assert timeline.request_sleep("09:31").sentence == "web is already asleep"

    def test_a_pending_request_waits_and_is_abandoned_as_usual(self) -> None:
        timeline = Timeline.awake_since("08:00")
        timeline.request_sleep("08:59:50")
        timeline.write_hold_of_all("09:00", "11:00", "incident 42")
        assert {decision.reason for decision in timeline.ticks("09:01", "09:09")} == {Reason.HELD}
        abandoned = timeline.tick("09:10")
        assert (abandoned.reason, abandoned.sentence) == (
            Reason.SLEEP_ABANDONED,
            f"web is not put to sleep, although this was requested: {SENTENCE}",
        )
        assert not writes(timeline.ticks("09:11", "10:59"))

    def test_a_pending_request_begins_if_the_hold_ends_first(self) -> None:
        timeline = Timeline.awake_since("08:00")
        timeline.request_sleep("09:00")
        assert timeline.write_hold_of_all("09:00:30", "09:05").stopped_at("09:01", "09:10") == "09:05"

    def test_a_request_whose_service_drains_is_cancelled(self) -> None:
        timeline = Timeline.awake_since("08:00", service=a_service_woken_by_requests())
        timeline.request_sleep("09:00")
        timeline.tick("09:01")
        assert timeline.phase is Phase.DRAINING
        assert timeline.write_hold_of_all("09:01:30", "11:00").tick("09:02").reason is Reason.NEEDED_WHILE_DRAINING
        assert (timeline.phase, timeline.saved_state.sleep_requested) == (Phase.AWAKE, None)

    def test_a_request_that_waits_for_a_wake_does_not_stop_the_wake(self) -> None:
        timeline = Timeline.waking_since("08:59", readiness=NOT_READY)
        timeline.request_sleep("08:59:30")
        timeline.write_hold_of_all("09:00", "11:00")
        assert Action.SLEEP not in {decision.action for decision in timeline.ticks("09:00", "09:05")}
        timeline.readiness = READY
        timeline.tick("09:06")
        assert timeline.phase is Phase.AWAKE


class TestAHoldOfAllThatCannotBeRead:
    """Whether all services are held is then unknown, and unknown is not idle."""

    def test_no_service_is_put_to_sleep_and_the_fix_is_reported(self) -> None:
        timeline = Timeline.awake_since("08:00", held_with_all=UNREADABLE)
        decisions = timeline.ticks("09:00", "12:00")
        assert {(decision.reason, decision.warning, decision.sentence) for decision in decisions} == {
            (Reason.HOLD_ALL_UNKNOWN, True, f"web stays awake: {UNREADABLE.why}")
        }
        assert not writes(decisions)
        assert timeline.release_all().stopped_at("12:01", "12:10") == "12:01"

    def test_a_draining_service_is_awake_again(self) -> None:
        timeline = Timeline.draining_since_six_past_ten()
        timeline.held_with_all = UNREADABLE
        decision = timeline.tick("10:07")
        assert (decision.reason, decision.warning) == (Reason.NEEDED_WHILE_DRAINING, True)
        assert timeline.phase is Phase.AWAKE

    def test_a_failed_wake_is_not_abandoned(self) -> None:
        timeline = Timeline.waking_since("09:00", readiness=NOT_READY, held_with_all=UNREADABLE)
        assert Action.SLEEP not in {decision.action for decision in timeline.ticks("09:01", "10:00")}

    def test_a_sleeping_service_stays_asleep(self) -> None:
        timeline = Timeline.asleep_since("08:00", held_with_all=UNREADABLE)
        assert timeline.tick("09:00").reason is Reason.ASLEEP
        assert timeline.request_sleep("09:01").sentence == "web is already asleep"

    @pytest.mark.parametrize("force", [False, True])
    def test_a_request_to_sleep_is_refused(self, force: bool) -> None:
        decision = Timeline.awake_since("08:00", held_with_all=UNREADABLE).request_sleep("09:00", force=force)
        assert (decision.action, decision.reason) == (Action.SKIP, Reason.HOLD_ALL_UNKNOWN)
        assert decision.sentence == f"web is not put to sleep: {UNREADABLE.why}"

    def test_the_own_hold_of_a_service_is_reported_while_it_lasts(self) -> None:
        timeline = Timeline.awake_since("08:00", held_with_all=UNREADABLE).save_state(hold=Hold(at("12:00")))
        assert timeline.tick("09:00").reason is Reason.HELD

    def test_a_service_in_dry_run_mode_is_not_affected(self) -> None:
        timeline = Timeline.awake_since("08:00", service=a_service(mode=Mode.DRY_RUN), held_with_all=UNREADABLE)
        assert timeline.tick("09:00").reason is Reason.WOULD_SLEEP


FAILED = ServiceState(
    NAME,
    Phase.WAKING,
    since=at("09:00"),
    requested_at=at("09:00"),
    failures=1,
    stopped=at("08:00"),
    wake=has_failed("no image", deadline=at("09:05"), first_requested_at=at("09:00"), accepted=at("09:01")),
)
HELD_SINCE_NINE = HoldAll(at("09:00"), at("18:00"))


def test_a_service_that_fails_to_wake_can_be_stopped_in_ecs() -> None:
    """In an incident, operators may want to stop exactly this service."""
    seen = Snapshot(a_service(), running_facts(0), FAILED, hold_all=HELD_SINCE_NINE)
    stopped = decide(seen, at("10:00"))
    assert (stopped.reason, stopped.action) == (Reason.STOPPED_ELSEWHERE, Action.SAVE_STATE)
    assert stopped.state is not None
    assert stopped.state.stopped is None
    later = decide(replace(seen, state=stopped.state), at("10:01"))
    assert (later.action, later.reason) == (Action.STAY, Reason.ASLEEP)


def test_a_wake_whose_count_ecs_never_accepted_is_retried() -> None:
    refused = replace(
        FAILED, wake=has_failed("no image", deadline=at("09:05"), first_requested_at=at("09:00"), sent=at("09:00"))
    )
    seen = Snapshot(a_service(), running_facts(0), refused, hold_all=HELD_SINCE_NINE)
    assert decide(seen, at("10:00")).reason is Reason.WAKE_UNFINISHED


def test_a_failed_wake_is_not_abandoned_while_the_hold_of_all_cannot_be_read() -> None:
    refused = replace(
        FAILED, wake=has_failed("no image", deadline=at("09:05"), first_requested_at=at("09:00"), sent=at("09:00"))
    )
    seen = Snapshot(a_service(), running_facts(0), refused, hold_all=UNREADABLE)
    assert decide(seen, at("15:00")).reason is not Reason.WAKE_ABANDONED
    assert decide(replace(seen, hold_all=None), at("15:00")).reason is Reason.WAKE_ABANDONED


@pytest.mark.parametrize("target", [SCALED_TO_ZERO, Unknown("it could not be read")])
def test_a_service_that_auto_scaling_may_have_scaled_to_zero_stays_asleep(target: ScalableTarget | Unknown) -> None:
    asleep = ServiceState(NAME, Phase.ASLEEP, since=at("08:00"))
    seen = Snapshot(a_service(), running_facts(0), asleep, scalable_target=target, hold_all=HELD_SINCE_NINE)
    assert decide(seen, at("10:00")).action is Action.STAY
    assert decide(replace(seen, scalable_target=ScalableTarget(1, 3, ALL_SUSPENDED)), at("10:00")).action is Action.WAKE
