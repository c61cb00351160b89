"""Tokens when time passes and when issuers change."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.local_aws.http_api.http_apis import HttpApi, http_api, refusal
from tests.local_aws.http_api.issuer import NOW, Issuer, bearing, claims, issuing


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with issuing() as issuer:
        yield issuer


@pytest.fixture
def api(issuer: Issuer) -> Iterator[HttpApi]:
    with http_api() as created:
        created.route("GET /", AuthorizationType="JWT", AuthorizerId=created.authorizer(issuer.url))
        yield created


def test_a_token_expires_by_the_virtual_clock(api: HttpApi, issuer: Issuer) -> None:
    headers = bearing(issuer.sign(claims(issuer, exp=NOW + 60)))
    assert api.get(headers=headers).status_code == 200
    api.functions.events.clear()
    api.aws.advance(timedelta(minutes=1))
    assert refusal(api, api.get(headers=headers)) == "the token has expired"


def test_the_present_keys_of_the_issuer_are_used(api: HttpApi, issuer: Issuer) -> None:
    old = issuer.sign(claims(issuer))
    assert api.get(headers=bearing(old)).status_code == 200
    issuer.renew("second")
    api.functions.events.clear()
    assert "kid" in refusal(api, api.get(headers=bearing(old)))
    assert api.get(headers=bearing(issuer.sign(claims(issuer)))).status_code == 200


def test_no_token_is_valid_if_the_issuer_does_not_answer(api: HttpApi, issuer: Issuer) -> None:
    headers = bearing(issuer.sign(claims(issuer)))
    issuer.silent = True
    assert refusal(api, api.get(headers=headers)) == "OIDC discovery endpoint communication error"
