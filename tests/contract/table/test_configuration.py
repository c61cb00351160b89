from __future__ import annotations

from dataclasses import replace

import pytest

from scale_to_zero.model.configured import ModuleRule, Service, WaitingPage, WakeOnRequest
from scale_to_zero.model.errors import CallFailed
from tests.contract.answers import ELB
from tests.contract.stage import API, WEB, Stage

# In local_aws moto itself handles the table.
pytestmark = pytest.mark.parametrize("stage", ["in memory", "on moto"], indirect=True)

WAKE_GROUP = f"{ELB}:targetgroup/wake-web/73e2d6bc24d8a067"
RULE = ModuleRule("https", "arn:of:ours", "arn:of:listener", own_rule_arn="arn:of:theirs")
SERVICE = Service("web", WEB, wake_on_request=WakeOnRequest((RULE,)))


class TestConfiguration:
    def test_a_wake_target_group_leads_to_its_service(self, stage: Stage) -> None:
        stage.configure(SERVICE)
        stage.configure(Service("api", API))
        stage.configure_wake_target_group(WAKE_GROUP, "web")
        assert stage.ports.configuration.service_of(WAKE_GROUP) == SERVICE

    def test_two_wake_target_groups_lead_to_two_services(self, stage: Stage) -> None:
        api = replace(SERVICE, key="api", name=API)
        for service in (SERVICE, api):
            stage.configure(service)
            stage.configure_wake_target_group(f"{WAKE_GROUP}{service.key}", service.key)
        assert stage.ports.configuration.service_of(f"{WAKE_GROUP}web") == SERVICE
        assert stage.ports.configuration.service_of(f"{WAKE_GROUP}api") == api

    def test_an_unknown_target_group_leads_to_no_service(self, stage: Stage) -> None:
        stage.configure(SERVICE)
        assert stage.ports.configuration.service_of(WAKE_GROUP) is None

    def test_a_target_group_of_a_service_that_is_gone_leads_to_no_service(self, stage: Stage) -> None:
        stage.configure_wake_target_group(WAKE_GROUP, "web")
        assert stage.ports.configuration.service_of(WAKE_GROUP) is None

    def test_the_waiting_page_is_read_as_configured(self, stage: Stage) -> None:
        page = WaitingPage("City Guided", "#0a7", "data:image/png;base64,AA==", "help@example.com", "fr")
        stage.configure_waiting_page(page)
        assert stage.ports.configuration.waiting_page() == page

    def test_unset_attributes_of_the_waiting_page_are_none(self, stage: Stage) -> None:
        stage.configure_waiting_page(WaitingPage(title="City Guided"))
        assert stage.ports.configuration.waiting_page() == WaitingPage(title="City Guided")

    def test_without_its_item_nothing_of_the_waiting_page_is_set(self, stage: Stage) -> None:
        assert stage.ports.configuration.waiting_page() == WaitingPage()

    def test_these_items_are_neither_services_nor_unreadable(self, stage: Stage) -> None:
        stage.configure(SERVICE)
        stage.configure_wake_target_group(WAKE_GROUP, "web")
        stage.configure_waiting_page(WaitingPage())
        stored = stage.ports.table.read_all()
        assert (stored.services, stored.states, stored.unreadable) == ((SERVICE,), {}, ())

    def test_refused_calls_raise_and_say_why(self, stage: Stage) -> None:
        stage.refuse("service_of")
        stage.refuse("waiting_page")
        with pytest.raises(CallFailed, match="wake-web"):
            stage.ports.configuration.service_of(WAKE_GROUP)
        with pytest.raises(CallFailed, match="waiting_page"):
            stage.ports.configuration.waiting_page()
