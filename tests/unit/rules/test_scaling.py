"""Services that Application Auto Scaling scales, too."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from scale_to_zero.model.configured import Mode
from scale_to_zero.model.decided import Action
from scale_to_zero.model.observed import Snapshot, Unknown
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.scaling import ALL_SUSPENDED, NOTHING_SUSPENDED, ScalableTarget, Scaling, Suspension
from scale_to_zero.model.service_state import Hold, Leaving, Phase
from scale_to_zero.rules.attention import Attention, attention
from scale_to_zero.rules.explanations import LASTING
from scale_to_zero.rules.refused_stops import stop_refused
from scale_to_zero.rules.scaling import is_suspended_again, record_of_put_back
from scale_to_zero.rules.taking_back import has_something_to_undo
from tests.unit.timeline import NOT_READY, READY, Timeline, a_service, at, running_facts

ONE_TO_THREE = ScalableTarget(1, 3)
ASLEEP = replace(ONE_TO_THREE, suspended=ALL_SUSPENDED)
IN_ONLY = Suspension(scale_in=True)


def asleep_since_ten(**parts: object) -> Timeline:
    """Return a service whose scaling was suspended before the tick at ten stopped it."""
    timeline = Timeline.awake_since("09:00", **{"scalable_target": ONE_TO_THREE, **parts})
    assert timeline.tick("10:00").action is Action.SLEEP
    return timeline


def suspended(timeline: Timeline) -> Suspension:
    assert isinstance(timeline.scalable_target, ScalableTarget)
    return timeline.scalable_target.suspended


class TestTheStop:
    def test_records_what_was_suspended_and_suspends_everything(self) -> None:
        timeline = asleep_since_ten(scalable_target=replace(ONE_TO_THREE, suspended=IN_ONLY))
        assert timeline.saved_state.scaling == Scaling(before=IN_ONLY)
        assert (suspended(timeline), timeline.facts) == (ALL_SUSPENDED, running_facts(0))

    def test_records_nothing_for_a_service_without_a_scalable_target(self) -> None:
        timeline = Timeline.awake_since("09:00").save_state(scaling=Scaling(IN_ONLY, at("09:00")))
        timeline.tick("10:00")
        assert (timeline.phase, timeline.saved_state.scaling) == (Phase.ASLEEP, None)

    def test_records_nothing_to_put_back_if_an_operator_has_suspended_everything(self) -> None:
        timeline = asleep_since_ten(scalable_target=ASLEEP)
        assert timeline.saved_state.scaling == Scaling(before=None)
        timeline.request_wake("10:10")
        timeline.ticks("10:11", "10:30")
        assert suspended(timeline) == ALL_SUSPENDED

    def test_keeps_the_record_if_the_scaling_was_not_put_back_yet(self) -> None:
        timeline = Timeline.awake_since("09:00", scalable_target=ASLEEP)
        timeline.save_state(scaling=Scaling(IN_ONLY), hold=Hold(at("09:30")))
        timeline.facts = replace(running_facts(), running=0)
        timeline.save_state(wake=None, since=at("09:59:30"), sleep_requested=at("09:59:40"), hold=None)
        timeline.facts = running_facts()
        assert timeline.tick("10:00").action is Action.SLEEP
        assert timeline.saved_state.scaling == Scaling(IN_ONLY)

    def test_of_a_failed_wake_suspends_the_scaling_that_was_put_back_at_the_deadline(self) -> None:
        timeline = asleep_since_ten(readiness=NOT_READY)
        timeline.request_wake("10:10")
        timeline.ticks("10:11", "10:15")
        assert suspended(timeline) == NOTHING_SUSPENDED
        assert timeline.stopped_at("10:16", "10:40") == "10:20"
        assert suspended(timeline) == ALL_SUSPENDED

    def test_that_was_refused_leaves_what_a_later_tick_puts_back(self) -> None:
        before = Timeline.awake_since("09:00", scalable_target=ONE_TO_THREE)
        after = asleep_since_ten()
        undone = stop_refused(a_service(), before.saved_state, after.saved_state, "no", at("10:00:05")).state
        assert undone is not None
        assert (undone.phase, undone.scaling) == (Phase.AWAKE, Scaling(NOTHING_SUSPENDED))


class TestTheWake:
    @pytest.mark.parametrize(
        ("restore", "bounds", "desired"),
        [(2, (1, 3), 2), (5, (1, 3), 3), (1, (2, 3), 2), (None, (2, 3), 2), (2, (0, 0), 1)],
    )
    def test_sets_a_count_within_the_bounds_as_they_are_then(
        self, restore: int | None, bounds: tuple[int, int], desired: int
    ) -> None:
        timeline = Timeline.asleep_since("09:00", scalable_target=ScalableTarget(*bounds, ALL_SUSPENDED))
        timeline.save_state(restore=restore)
        assert timeline.request_wake("10:00").desired == desired

    def test_sets_the_remembered_count_if_the_bounds_cannot_be_read(self) -> None:
        timeline = Timeline.asleep_since("09:00", scalable_target=Unknown("throttled")).save_state(restore=5)
        assert timeline.request_wake("10:00").desired == 5

    def test_that_is_started_again_keeps_within_the_bounds(self) -> None:
        timeline = Timeline.asleep_since("09:00", scalable_target=ScalableTarget(1, 3, ALL_SUSPENDED))
        timeline.save_state(restore=5, scaling=Scaling()).request_wake("10:00")
        timeline.set_in_ecs(0)
        assert timeline.tick("10:01").desired == 3

    def test_of_a_service_in_a_mode_without_actions_keeps_within_the_bounds(self) -> None:
        timeline = Timeline.asleep_since("09:00", scalable_target=ScalableTarget(1, 3, ALL_SUSPENDED))
        timeline.save_state(restore=5, scaling=Scaling())
        timeline.service = a_service(mode=Mode.OFF)
        assert timeline.tick("10:01").desired == 3


class TestPuttingBack:
    def test_begins_when_the_service_is_awake(self) -> None:
        timeline = asleep_since_ten(readiness=NOT_READY)
        timeline.request_wake("10:10")
        timeline.tick("10:11")
        assert suspended(timeline) == ALL_SUSPENDED
        timeline.readiness = READY
        timeline.tick("10:12")
        assert (timeline.phase, suspended(timeline)) == (Phase.AWAKE, NOTHING_SUSPENDED)
        assert timeline.saved_state.scaling == Scaling(NOTHING_SUSPENDED, put_back_at=at("10:12"))

    def test_restores_exactly_what_was_suspended_before(self) -> None:
        timeline = asleep_since_ten(scalable_target=replace(ONE_TO_THREE, suspended=IN_ONLY))
        timeline.request_wake("10:10")
        timeline.tick("10:11")
        assert suspended(timeline) == IN_ONLY

    def test_waits_until_as_many_tasks_run_as_the_minimum_requires(self) -> None:
        timeline = asleep_since_ten(scalable_target=ScalableTarget(2, 3), facts=running_facts(2))
        timeline.request_wake("10:10")
        timeline.observed(running=1)
        timeline.ticks("10:11", "10:14")
        assert (timeline.phase, suspended(timeline)) == (Phase.AWAKE, ALL_SUSPENDED)
        timeline.observed(running=2)
        timeline.tick("10:14:30")
        assert suspended(timeline) == NOTHING_SUSPENDED

    def test_waits_no_longer_than_until_the_deadline_of_the_wake(self) -> None:
        timeline = asleep_since_ten(scalable_target=ScalableTarget(2, 3), facts=running_facts(2))
        timeline.request_wake("10:10")
        timeline.observed(running=1)
        timeline.ticks("10:11", "10:15")
        assert suspended(timeline) == NOTHING_SUSPENDED

    def test_is_not_done_while_the_service_is_at_zero(self) -> None:
        timeline = asleep_since_ten()
        timeline.ticks("10:01", "10:30")
        assert suspended(timeline) == ALL_SUSPENDED
        assert timeline.facts == running_facts(0)

    def test_changes_nothing_if_an_operator_has_changed_the_suspension_since(self) -> None:
        timeline = asleep_since_ten()
        timeline.scalable_target = replace(ONE_TO_THREE, suspended=IN_ONLY)
        timeline.request_wake("10:10")
        timeline.tick("10:11")
        assert suspended(timeline) == IN_ONLY
        assert timeline.saved_state.scaling == Scaling(NOTHING_SUSPENDED, put_back_at=at("10:11"))

    def test_is_forgotten_if_the_scalable_target_was_removed(self) -> None:
        timeline = asleep_since_ten()
        timeline.scalable_target = None
        timeline.request_wake("10:10")
        timeline.tick("10:11")
        assert timeline.saved_state.scaling is None

    def test_waits_while_the_scalable_target_cannot_be_read(self) -> None:
        timeline = asleep_since_ten()
        timeline.request_wake("10:10")
        timeline.scalable_target = Unknown("throttled")
        timeline.tick("10:11")
        timeline.scalable_target = ASLEEP
        timeline.tick("10:12")
        assert suspended(timeline) == NOTHING_SUSPENDED

    @pytest.mark.parametrize("mode", [Mode.OFF, Mode.DRY_RUN])
    def test_is_done_at_once_if_the_module_no_longer_acts_on_the_service(self, mode: Mode) -> None:
        timeline = asleep_since_ten(readiness=NOT_READY, scalable_target=ScalableTarget(2, 3), facts=running_facts(2))
        timeline.service = a_service(mode=mode)
        timeline.tick("10:10")
        timeline.observed(running=0)
        timeline.ticks("10:11", "10:12")
        assert suspended(timeline) == NOTHING_SUSPENDED

    def test_is_something_that_a_service_in_mode_off_still_has_to_undo(self) -> None:
        awake = Timeline.awake_since("09:00").saved_state
        off = a_service(mode=Mode.OFF)
        assert has_something_to_undo(off, replace(awake, scaling=Scaling(IN_ONLY)))
        assert has_something_to_undo(off, replace(awake, scaling=Scaling(IN_ONLY, at("09:30"))))
        assert not has_something_to_undo(off, replace(awake, scaling=Scaling()))

    @pytest.mark.parametrize("mode", [Mode.OFF, Mode.DRY_RUN])
    def test_is_repeated_in_any_mode_and_then_forgotten(self, mode: Mode) -> None:
        timeline = Timeline.awake_since("09:00", scalable_target=ASLEEP, service=a_service(mode=mode))
        timeline.save_state(scaling=Scaling(IN_ONLY, put_back_at=at("10:00")))  # and the call was refused
        timeline.ticks("10:01", "10:02")
        assert (suspended(timeline), timeline.saved_state.scaling) == (IN_ONLY, Scaling(IN_ONLY, at("10:02")))
        timeline.ticks("10:03", "10:04")
        assert timeline.saved_state.scaling == Scaling()
        timeline.scalable_target = ASLEEP  # by an operator
        timeline.ticks("10:05", "10:10")
        assert suspended(timeline) == ALL_SUSPENDED

    def test_of_a_service_that_leaves_does_not_wait_for_its_tasks(self) -> None:
        timeline = Timeline.awake_since("10:00", scalable_target=ScalableTarget(2, 3, ALL_SUSPENDED))
        timeline.save_state(scaling=Scaling(IN_ONLY), leaving=Leaving(at("10:00")), since=at("10:05"))
        seen = Snapshot(timeline.service, running_facts(), timeline.state, scalable_target=timeline.scalable_target)
        assert record_of_put_back(seen, timeline.saved_state, at("10:00:30")) is not None

    def test_keeps_a_stop_from_beginning_until_it_is_certainly_over(self) -> None:
        timeline = Timeline.awake_since("09:00", scalable_target=ONE_TO_THREE)
        timeline.save_state(scaling=Scaling(NOTHING_SUSPENDED, put_back_at=at("10:00")))
        timeline.request_sleep("10:00:20")
        assert timeline.tick("10:01").reason is Reason.SCALING_PUT_BACK
        assert timeline.tick("10:01:10").action is Action.SLEEP


class TestSuspendedWhileAwake:
    def test_as_while_it_slept_is_put_back_and_reported(self) -> None:
        timeline = asleep_since_ten()
        timeline.request_wake("10:10")
        timeline.tick("10:11")
        assert suspended(timeline) == NOTHING_SUSPENDED
        timeline.scalable_target = ASLEEP  # by a Terraform plan made while it slept
        seen = Snapshot(timeline.service, timeline.facts, timeline.state, scalable_target=timeline.scalable_target)
        decision = timeline.tick("10:13")
        assert suspended(timeline) == NOTHING_SUSPENDED
        found = attention(seen, decision, seen.known_state, at("10:13"))
        assert found is not None
        assert found[0] is Attention.SCALING_SUSPENDED_AGAIN

    def test_is_not_called_suspended_again_while_a_run_may_still_put_it_back(self) -> None:
        timeline = Timeline.awake_since("09:00", scalable_target=ASLEEP)
        timeline.save_state(scaling=Scaling(IN_ONLY, put_back_at=at("10:00")))
        seen = Snapshot(timeline.service, timeline.facts, timeline.state, scalable_target=ASLEEP)
        assert not is_suspended_again(seen, timeline.saved_state, at("10:01"))
        assert is_suspended_again(seen, timeline.saved_state, at("10:01:10"))

    def test_and_not_by_this_module_is_reported_with_the_command_and_not_changed(self) -> None:
        timeline = Timeline.awake_since("09:58", scalable_target=ASLEEP)
        decision = timeline.tick("10:00")
        seen = Snapshot(timeline.service, timeline.facts, timeline.state, scalable_target=timeline.scalable_target)
        found = attention(seen, decision, timeline.saved_state, at("10:00"))
        assert found is not None
        reason, sentence = found
        assert reason is Attention.SCALING_SUSPENDED
        assert "--resource-id service/city-guided-cluster/city-guided-service --suspended-state" in sentence
        assert suspended(timeline) == ALL_SUSPENDED

    @pytest.mark.parametrize("partly", [NOTHING_SUSPENDED, IN_ONLY, Suspension(scale_in=True, scale_out=True)])
    def test_in_part_is_not_reported(self, partly: Suspension) -> None:
        timeline = Timeline.awake_since("09:58", scalable_target=replace(ONE_TO_THREE, suspended=partly))
        decision = timeline.tick("10:00")
        seen = Snapshot(timeline.service, timeline.facts, timeline.state, scalable_target=timeline.scalable_target)
        assert attention(seen, decision, timeline.saved_state, at("10:00")) is None


class TestAtZeroWithoutSuspension:
    def test_is_reported_and_left(self) -> None:
        timeline = asleep_since_ten()
        timeline.scalable_target = ONE_TO_THREE
        decision = timeline.tick("10:10")
        assert (decision.reason, decision.action) == (Reason.SCALING_NOT_SUSPENDED, Action.STAY)
        assert decision.reason in LASTING
        assert (suspended(timeline), timeline.facts) == (NOTHING_SUSPENDED, running_facts(0))

    def test_sleeps_again_when_idle_once_auto_scaling_has_started_it(self) -> None:
        timeline = asleep_since_ten()
        timeline.scalable_target = ONE_TO_THREE
        timeline.set_in_ecs(1)
        timeline.ticks("10:10", "10:11")
        assert timeline.phase is Phase.AWAKE
        assert timeline.stopped_at("10:12", "10:30") is not None
        assert suspended(timeline) == ALL_SUSPENDED

    @pytest.mark.parametrize("mode", [Mode.DRY_RUN, Mode.OFF])
    def test_is_not_reported_for_a_service_that_the_module_does_not_act_on(self, mode: Mode) -> None:
        service = a_service(mode=mode)
        timeline = Timeline.asleep_since("09:00", scalable_target=ONE_TO_THREE, service=service)
        timeline.save_state(stopped=None)
        assert timeline.tick("10:00").reason is not Reason.SCALING_NOT_SUSPENDED

    def test_is_not_reported_for_a_minimum_of_zero(self) -> None:
        timeline = Timeline.asleep_since("09:00", scalable_target=ScalableTarget(0, 3)).save_state(stopped=None)
        assert timeline.tick("10:00").reason is Reason.ASLEEP


class TestAMinimumOfZero:
    def test_is_left_to_auto_scaling_and_said_without_a_warning(self) -> None:
        timeline = Timeline.awake_since("09:00", scalable_target=ScalableTarget(0, 3))
        decision = timeline.tick("10:00")
        assert (decision.action, decision.reason) == (Action.STAY, Reason.LEFT_TO_AUTO_SCALING)
        assert not decision.warning

    def test_goes_to_zero_and_back_and_is_shown_so(self) -> None:
        timeline = Timeline.awake_since("09:00", scalable_target=ScalableTarget(0, 3))
        phases = []
        for desired, clock in ((0, "10:00"), (1, "10:30"), (1, "10:31")):
            timeline.set_in_ecs(desired).tick(clock)
            phases.append(timeline.phase)
        assert phases == [Phase.ASLEEP, Phase.AWAKE, Phase.AWAKE]

    def test_is_woken_by_a_request(self) -> None:
        timeline = Timeline.asleep_since("09:00", scalable_target=ScalableTarget(0, 3)).save_state(stopped=None)
        assert timeline.request_wake("10:00").action is Action.WAKE


class TestPredictiveScaling:
    def test_keeps_the_service_awake_and_is_reported(self) -> None:
        timeline = Timeline.awake_since("09:00", scalable_target=ONE_TO_THREE, scales_by_forecast=True)
        decision = timeline.tick("10:00")
        assert (decision.action, decision.reason) == (Action.STAY, Reason.PREDICTIVE_SCALING)

    def test_keeps_it_awake_although_sleep_was_requested(self) -> None:
        timeline = Timeline.awake_since("09:00", scalable_target=ONE_TO_THREE, scales_by_forecast=True)
        timeline.request_sleep("10:00")
        assert timeline.tick("10:01").reason is Reason.PREDICTIVE_SCALING

    def test_that_cannot_be_read_keeps_it_awake(self) -> None:
        timeline = Timeline.awake_since("09:00", scalable_target=ONE_TO_THREE, scales_by_forecast=Unknown("throttled"))
        assert timeline.tick("10:00").reason is Reason.SCALABLE_TARGET_UNKNOWN

    def test_is_not_read_for_a_service_without_a_scalable_target_or_in_use(self) -> None:
        unreadable = Unknown("it was read")
        assert Timeline.awake_since("09:00", scales_by_forecast=unreadable).tick("10:00").action is Action.SLEEP
        in_use = Timeline.awake_since("09:00", scalable_target=ONE_TO_THREE, scales_by_forecast=unreadable)
        assert in_use.request("09:58:30").tick("10:00").reason is Reason.IN_USE


class TestWhatIsKnown:
    def test_a_scalable_target_is_recorded_when_the_service_is_first_seen(self) -> None:
        timeline = Timeline(scalable_target=ONE_TO_THREE)
        timeline.tick("10:00")
        assert timeline.saved_state.scaling == Scaling()

    def test_a_scalable_target_is_found_once_the_service_may_be_idle_and_then_recorded(self) -> None:
        timeline = Timeline.awake_since("09:00", scalable_target=ONE_TO_THREE, protected=True).request("09:58:30")
        timeline.tick("10:00")
        assert timeline.saved_state.scaling is None
        timeline.tick("10:10")
        assert timeline.saved_state.scaling == Scaling()

    def test_a_scalable_target_that_was_removed_is_forgotten(self) -> None:
        timeline = Timeline.awake_since("09:58").save_state(scaling=Scaling())
        timeline.tick("10:00")
        assert timeline.saved_state.scaling is None

    def test_it_is_not_read_for_an_awake_service_that_is_not_known_to_have_one(self) -> None:
        timeline = Timeline.awake_since("09:58", scalable_target=Unknown("it was read"))
        assert timeline.tick("10:00").reason is Reason.RECENTLY_ACTIVE


def test_a_hold_does_not_wait_for_anything_of_application_auto_scaling() -> None:
    timeline = Timeline.awake_since("09:00", scalable_target=ASLEEP)
    timeline.save_state(scaling=Scaling(IN_ONLY), hold=Hold(at("10:00") + timedelta(hours=1)))
    assert timeline.tick("10:00").reason is Reason.HELD
    assert suspended(timeline) == IN_ONLY
