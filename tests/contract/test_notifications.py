from __future__ import annotations

import json

from scale_to_zero.model.configured import Service
from scale_to_zero.model.notification import Notification
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Phase, PhaseChange

from .moto_stage import MotoStage
from .scripted_aws import Parameters, aws_error
from .stage import MINUTE, NOW, WEB

CHANGE = PhaseChange(7, NOW, Phase.AWAKE, Phase.ASLEEP, Reason.IDLE, quiet_since=NOW - 8 * MINUTE)


def notifications(count: int) -> list[Notification]:
    return [Notification(Service(f"web-{number}", WEB), CHANGE) for number in range(count)]


def accept_all(parameters: Parameters) -> dict[str, object]:
    return {"FailedEntryCount": 0, "Entries": [{"EventId": "e"} for _ in parameters["Entries"]]}


class TestNotifications:
    def test_an_event_has_the_change_and_a_sentence(self, moto: MotoStage) -> None:
        moto.scripted.answer("events.PutEvents", accept_all)
        assert moto.ports.notifications.send(notifications(1)) == [""]
        [entry] = moto.scripted.called("events.PutEvents")[0]["Entries"]
        assert (entry["Source"], entry["DetailType"]) == ("ecs-scale-to-zero", "ECS Scale-to-Zero Phase Change")
        assert entry["Time"] == NOW
        detail = json.loads(entry["Detail"])
        assert detail["id"] == f"staging/{WEB}/7@{NOW.timestamp():.0f}"
        assert (detail["change"], detail["from"], detail["to"]) == ("asleep", "awake", "asleep")
        assert detail["message"] == "web-0 is asleep: it was not used for 8 minutes."

    def test_a_call_sends_ten_notifications_and_the_answers_are_in_their_order(self, moto: MotoStage) -> None:
        def one_fails(parameters: Parameters) -> dict[str, object]:
            keys = [json.loads(entry["Detail"])["service"] for entry in parameters["Entries"]]
            assert len(keys) <= 10
            failed = {"ErrorCode": "ThrottlingException", "ErrorMessage": "slow down"}
            return {"FailedEntryCount": 1, "Entries": [failed if key == "web-12" else {"EventId": key} for key in keys]}

        moto.scripted.answer("events.PutEvents", one_fails)
        answers = moto.ports.notifications.send(notifications(25))
        assert [number for number, why in enumerate(answers) if why] == [12]
        assert "slow down" in answers[12]

    def test_if_a_call_fails_all_its_events_fail_and_name_the_permission(self, moto: MotoStage) -> None:
        moto.scripted.answer("events.PutEvents", aws_error("AccessDeniedException", "not authorized"))
        answers = moto.ports.notifications.send(notifications(2))
        assert len(answers) == 2
        assert all("allow events:PutEvents" in why for why in answers)

    def test_without_notifications_there_is_no_call(self, moto: MotoStage) -> None:
        assert list(moto.ports.notifications.send([])) == []
        assert moto.scripted.called("events.PutEvents") == []
