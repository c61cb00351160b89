"""The route of a request, on AWS and here: the rules alone, and over real HTTP."""

from __future__ import annotations

import pytest

from local_aws.http_api.routes import DEFAULT, Match, matching, staged
from tests.local_aws.http_api.http_apis import http_api

SERVICES = ["GET /services", "GET /services/{service}", "POST /services/{service}/wake"]


@pytest.mark.parametrize(
    ("method", "path", "match"),
    [
        ("GET", "/services", Match("GET /services")),
        ("GET", "/services/web", Match("GET /services/{service}", {"service": "web"})),
        ("POST", "/services/web/wake", Match("POST /services/{service}/wake", {"service": "web"})),
    ],
)
def test_a_route_takes_its_method_and_its_path(method: str, path: str, match: Match) -> None:
    assert matching(SERVICES, method, path) == match


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/services"),
        ("HEAD", "/services"),
        ("GET", "/Services"),
        ("GET", "/services/"),
        ("GET", "/services/web/"),
        ("GET", "/services//wake"),
        ("POST", "/services//wake"),
        ("POST", "/services/web/wake/now"),
        ("GET", "/"),
    ],
)
def test_no_route_takes_anything_else(method: str, path: str) -> None:
    assert matching(SERVICES, method, path) is None


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("/pets/dog/1", "GET /pets/dog/1"),
        ("/pets/dog/2", "GET /pets/dog/{id}"),
        ("/pets/cat/2", "GET /pets/{kind}/{id}"),
        ("/pets/cat/2/3", "GET /pets/{rest+}"),
        ("/other", "ANY /{proxy+}"),
        ("/", DEFAULT),
    ],
)
def test_the_most_specific_route_wins_in_any_order(path: str, key: str) -> None:
    keys = [
        DEFAULT,
        "ANY /{proxy+}",
        "GET /pets/{rest+}",
        "GET /pets/{kind}/{id}",
        "GET /pets/dog/{id}",
        "GET /pets/dog/1",
    ]
    for order in (keys, keys[::-1]):
        match = matching(order, "GET", path)
        assert match is not None
        assert match.key == key


def test_the_method_itself_comes_before_any_method() -> None:
    for keys in (["ANY /a", "GET /a"], ["GET /a", "ANY /a"]):
        assert [getattr(matching(keys, method, "/a"), "key", None) for method in ("GET", "PUT")] == ["GET /a", "ANY /a"]


def test_a_greedy_variable_takes_all_the_rest_of_the_path() -> None:
    assert matching(["GET /a/{rest+}"], "GET", "/a/b/c") == Match("GET /a/{rest+}", {"rest": "b/c"})
    assert matching(["GET /a/{rest+}"], "GET", "/a/") is None


@pytest.mark.parametrize(
    ("stages", "path", "found"),
    [
        (["$default"], "/prod/a", ("$default", "/prod/a")),
        (["$default", "prod"], "/prod/a", ("prod", "/a")),
        (["$default", "prod"], "/prod", ("prod", "/")),
        (["$default", "prod"], "/product", ("$default", "/product")),
        (["prod"], "/a", None),
        (["$default"], "/$default/a", ("$default", "/$default/a")),
    ],
)
def test_a_path_that_begins_with_a_stage_goes_to_it_and_any_other_to_the_default_stage(
    stages: list[str], path: str, found: tuple[str, str] | None
) -> None:
    assert staged(stages, path) == found


def test_a_path_variable_arrives_decoded() -> None:
    with http_api() as api:
        api.routes(*SERVICES)
        assert api.get("/services/na%C3%AFve%20one").status_code == 200
        event = api.event()
        assert event["routeKey"] == "GET /services/{service}"
        assert event["pathParameters"] == {"service": "naïve one"}


def test_a_request_that_no_route_takes_is_not_found_and_no_function_is_invoked() -> None:
    with http_api() as api:
        api.routes(*SERVICES)
        # AWS decodes the path before it finds a route, so an encoded slash divides the path like any other.
        for method, path in (("GET", "/elsewhere"), ("DELETE", "/services"), ("GET", "/services/a%2Fb")):
            answer = api.send(method, path)
            assert (answer.status_code, answer.text) == (404, '{"message":"Not Found"}')
            assert answer.headers["Content-Type"] == "application/json"
        assert api.functions.events == []


def test_the_present_routes_apply_to_each_request() -> None:
    with http_api() as api:
        route = api.route("GET /before")
        assert api.get("/before").status_code == 200
        api.gateway.update_route(ApiId=api.id, RouteId=route, RouteKey="GET /after")
        assert (api.get("/before").status_code, api.get("/after").status_code) == (404, 200)
        api.gateway.delete_route(ApiId=api.id, RouteId=route)
        assert api.get("/after").status_code == 404


def test_without_a_stage_nothing_is_found() -> None:
    with http_api() as api:
        api.routes("GET /")
        assert api.get().status_code == 200
        api.gateway.delete_stage(ApiId=api.id, StageName="$default")
        assert (api.get().status_code, api.get().text) == (404, '{"message":"Not Found"}')


def test_functions_get_the_name_of_a_stage_in_their_path_and_routes_do_not() -> None:
    with http_api(StageName="prod") as api:
        api.routes("GET /a")
        assert api.get("/prod/a").status_code == 200
        event = api.event()
        assert (event["rawPath"], event["requestContext"]["http"]["path"]) == ("/prod/a", "/prod/a")
        assert event["requestContext"]["stage"] == "prod"
