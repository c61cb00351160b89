from __future__ import annotations

import os
import subprocess
import sys

import pytest

from local_aws import LocalAws
from local_aws.client_environment import complete_environment
from scripts.stamps import PROJECT

ENDPOINT = "http://127.0.0.1:5000"
OF_ANOTHER_AWS = {
    "AWS_PROFILE": "of-another-account",
    "AWS_DEFAULT_PROFILE": "of-another-account",
    "AWS_CONFIG_FILE": "/does/not/exist",
    "AWS_SHARED_CREDENTIALS_FILE": "/does/not/exist",
    "AWS_SESSION_TOKEN": "of-another-account",
    "AWS_ENDPOINT_URL_ECS": "http://127.0.0.1:9",
    "AWS_ROLE_ARN": "of-another-account",
}


def test_a_child_inherits_everything_except_the_callers_aws_settings() -> None:
    environment = complete_environment(OF_ANOTHER_AWS | {"PATH": "/bin", "LANG": "C"}, ENDPOINT)
    assert environment == complete_environment({"PATH": "/bin", "LANG": "C"}, ENDPOINT)
    assert (environment["PATH"], environment["LANG"]) == ("/bin", "C")
    assert environment["AWS_ENDPOINT_URL"] == ENDPOINT
    assert set(OF_ANOTHER_AWS.values()).isdisjoint(environment.values())


@pytest.mark.parametrize(
    ("inherited", "expected"),
    [
        ({}, "127.0.0.1,localhost"),
        ({"NO_PROXY": "intranet.example"}, "intranet.example,127.0.0.1,localhost"),
        ({"no_proxy": "intranet.example, localhost"}, "intranet.example,localhost,127.0.0.1"),
        ({"NO_PROXY": "one.example", "no_proxy": "two.example"}, "one.example,two.example,127.0.0.1,localhost"),
        ({"NO_PROXY": "*"}, "*"),
    ],
)
def test_the_callers_proxy_exceptions_are_kept_and_loopback_is_added(inherited: dict[str, str], expected: str) -> None:
    environment = complete_environment(inherited, ENDPOINT)
    assert (environment["NO_PROXY"], environment["no_proxy"]) == (expected, expected)


def test_the_child_environment_is_the_one_of_this_process_with_the_address_of_local_aws() -> None:
    with LocalAws(seed=1) as aws:
        assert aws.child_environment() == complete_environment(os.environ, aws.endpoint_url)


def test_local_aws_starts_even_if_the_callers_profile_does_not_exist() -> None:
    program = "import local_aws, boto3\nwith local_aws.LocalAws(seed=1): print(boto3.Session().available_profiles)"
    started = subprocess.run(
        [sys.executable, "-c", program],
        cwd=PROJECT,
        env=os.environ | OF_ANOTHER_AWS,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (started.stdout, started.stderr) == ("[]\n", "")
