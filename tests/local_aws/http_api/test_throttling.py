"""How many requests a route of an HTTP API accepts, by the virtual clock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.local_aws.http_api.http_apis import HttpApi, http_api

SECOND = timedelta(seconds=1)


@pytest.fixture
def api() -> Iterator[HttpApi]:
    """Create an API with a limit of three requests at once, and two per second."""
    with http_api(DefaultRouteSettings={"ThrottlingBurstLimit": 3, "ThrottlingRateLimit": 2}) as created:
        created.routes("GET /a", "GET /b")
        yield created


def statuses(api: HttpApi, count: int, path: str = "/a") -> list[int]:
    return [api.get(path).status_code for _ in range(count)]


def test_a_burst_is_accepted_and_further_requests_are_refused(api: HttpApi) -> None:
    assert statuses(api, 4) == [200, 200, 200, 429]
    refused = api.get("/a")
    assert (refused.status_code, refused.text) == (429, '{"message":"Too Many Requests"}')
    assert len(api.functions.events) == 3


def test_further_requests_are_accepted_at_the_rate_and_never_more_than_a_burst(api: HttpApi) -> None:
    assert statuses(api, 3) == [200] * 3
    api.aws.advance(SECOND)
    assert statuses(api, 3) == [200, 200, 429]
    api.aws.advance(SECOND / 4)
    assert statuses(api, 1) == [429]
    api.aws.advance(SECOND / 4)
    assert statuses(api, 2) == [200, 429]
    api.aws.advance(60 * SECOND)
    assert statuses(api, 4) == [200, 200, 200, 429]


def test_every_route_has_its_own_limit(api: HttpApi) -> None:
    assert statuses(api, 4)[-1] == 429
    assert statuses(api, 3, "/b") == [200] * 3


def test_a_request_without_a_signature_counts_too(api: HttpApi) -> None:
    api.route("GET /signed", AuthorizationType="AWS_IAM")
    assert statuses(api, 4, "/signed") == [403, 403, 403, 429]


def test_changed_settings_apply_at_once(api: HttpApi) -> None:
    assert statuses(api, 4)[-1] == 429
    settings = {"ThrottlingBurstLimit": 1, "ThrottlingRateLimit": 1}
    api.gateway.update_stage(ApiId=api.id, StageName="$default", DefaultRouteSettings=settings)
    assert statuses(api, 2) == [200, 429]


def test_without_settings_the_limit_of_the_account_applies() -> None:
    with http_api() as api:
        api.routes("GET /a")
        assert statuses(api, 20) == [200] * 20
