"""Routes with ``JWT``: a request reaches the function only with a valid token that its issuer signed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.local_aws.http_api.http_apis import HttpApi, http_api, refusal
from tests.local_aws.http_api.issuer import HOUR, NOW, Issuer, bearing, claims, issuing


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with issuing() as issuer:
        yield issuer


@pytest.fixture(scope="module")
def shared_api(issuer: Issuer) -> Iterator[HttpApi]:
    with http_api() as shared_api:
        jwt = {"AuthorizationType": "JWT", "AuthorizerId": shared_api.authorizer(issuer.url)}
        shared_api.route("GET /", **jwt)
        shared_api.route("POST /wake", **jwt, AuthorizationScopes=["wake", "all"])
        yield shared_api


@pytest.fixture
def api(shared_api: HttpApi) -> HttpApi:
    shared_api.functions.events.clear()
    return shared_api


@pytest.mark.parametrize("prefix", ["Bearer ", "bearer ", ""])
def test_a_valid_token_reaches_the_function_with_its_claims(api: HttpApi, issuer: Issuer, prefix: str) -> None:
    token = issuer.sign(claims(issuer, groups=["a", "b"], admin=True, scope="openid wake"))
    assert api.get(headers={"Authorization": prefix + token}).status_code == 200
    assert api.event()["requestContext"]["authorizer"] == {
        "jwt": {
            "claims": {
                "iss": issuer.url,
                "aud": "control",
                "sub": "ci",
                "iat": str(NOW - 10),
                "exp": str(NOW + HOUR),
                "groups": "[a b]",
                "admin": "true",
                "scope": "openid wake",
            },
            "scopes": None,
        }
    }


def test_without_a_token_the_request_is_unauthorized(api: HttpApi) -> None:
    for headers in ({}, {"Authorization": ""}):
        answer = api.get(headers=headers)
        assert (answer.status_code, answer.text) == (401, '{"message":"Unauthorized"}')
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert api.functions.events == []


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"exp": NOW}, "the token has expired"),
        ({"exp": None}, "the token has expired"),
        ({"exp": "never"}, "the token has expired"),
        ({"nbf": NOW + 1}, "the token is not valid yet"),
        ({"iat": NOW + 1}, "the token is not valid yet"),
        ({"iss": "https://another.example"}, "the token has an invalid issuer"),
        ({"iss": None}, "the token has an invalid issuer"),
        ({"aud": "another"}, "the token does not have a valid audience"),
        ({"aud": None}, "the token does not have a valid audience"),
        ({"aud": ["another", "third"]}, "the token does not have a valid audience"),
        ({"aud": "another", "client_id": "control"}, "the token does not have a valid audience"),
        ({"aud": [], "client_id": "control"}, "the token does not have a valid audience"),
        ({"aud": None, "client_id": "another"}, "the token does not have a valid audience"),
    ],
)
def test_a_token_must_be_valid_for_its_issuer_its_audience_and_the_present_time(
    api: HttpApi, issuer: Issuer, changed: dict[str, Any], reason: str
) -> None:
    token = issuer.sign(claims(issuer, **changed))
    assert refusal(api, api.get(headers=bearing(token))) == reason


@pytest.mark.parametrize(
    "changed",
    [
        {"exp": NOW + 1},
        {"nbf": NOW},
        {"aud": ["another", "control"]},
        {"aud": None, "client_id": "control"},
        {"aud": "control", "client_id": "another"},
        {"iat": None},
    ],
)
def test_a_token_that_is_just_valid_is_accepted(api: HttpApi, issuer: Issuer, changed: dict[str, Any]) -> None:
    assert api.get(headers=bearing(issuer.sign(claims(issuer, **changed)))).status_code == 200


def test_a_token_must_be_signed_with_a_key_of_the_issuer(api: HttpApi, issuer: Issuer) -> None:
    with issuing() as impostor:
        forged = impostor.sign(claims(issuer))
    assert refusal(api, api.get(headers=bearing(forged))) == "signature is invalid"
    head, body, signature = issuer.sign(claims(issuer)).split(".")
    changed = body[:-2] + ("AA" if body[-2:] != "AA" else "BB")
    assert refusal(api, api.get(headers=bearing(f"{head}.{changed}.{signature}"))) == "signature is invalid"
    unknown = issuer.sign(claims(issuer), key_id="another")
    assert "kid" in refusal(api, api.get(headers=bearing(unknown)))


def test_only_rsa_signatures_of_tokens_are_accepted(api: HttpApi, issuer: Issuer) -> None:
    for algorithm in ("RS384", "RS512"):
        assert api.get(headers=bearing(issuer.sign(claims(issuer), algorithm))).status_code == 200
    api.functions.events.clear()
    assert refusal(api, api.get(headers=bearing(issuer.sign(claims(issuer), "PS256")))) == (
        "signing method PS256 is invalid"
    )
    unsigned = "eyJhbGciOiJub25lIn0." + issuer.sign(claims(issuer)).split(".")[1] + "."
    assert refusal(api, api.get(headers=bearing(unsigned))) == "signing method none is invalid"


def test_a_text_that_is_not_a_token_is_refused(api: HttpApi) -> None:
    assert refusal(api, api.get(headers=bearing("abc"))) == "token contains an invalid number of segments"
    assert refusal(api, api.get(headers=bearing("a.b.c"))) == "token is malformed"


@pytest.mark.parametrize(
    ("scopes", "granted"),
    [({"scope": "openid wake"}, ["wake"]), ({"scp": ["all", "wake"]}, ["all", "wake"]), ({"scope": "all"}, ["all"])],
)
def test_one_of_the_scopes_of_a_route_is_enough(
    api: HttpApi, issuer: Issuer, scopes: dict[str, Any], granted: list[str]
) -> None:
    token = issuer.sign(claims(issuer, **scopes))
    assert api.send("POST", "/wake", headers=bearing(token)).status_code == 200
    assert api.event()["requestContext"]["authorizer"]["jwt"]["scopes"] == granted


@pytest.mark.parametrize("scopes", [{}, {"scope": "openid"}, {"scope": "wakeful"}, {"scp": ["sleep"]}])
def test_without_a_scope_of_the_route_the_request_is_forbidden(
    api: HttpApi, issuer: Issuer, scopes: dict[str, Any]
) -> None:
    answer = api.send("POST", "/wake", headers=bearing(issuer.sign(claims(issuer, **scopes))))
    assert (answer.status_code, answer.text, api.functions.events) == (403, '{"message":"Forbidden"}', [])
    assert 'scope="wake all" error="insufficient_scope"' in answer.headers["WWW-Authenticate"]
