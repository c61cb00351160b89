"""The environment variables with which a process calls this AWS and no other."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final

from .account import REGION

ACCESS_KEY: Final = "AKIALOCALAWSEXAMPLE0"
SECRETS: Final[Mapping[str, str]] = {ACCESS_KEY: "local-aws", "test": "test", "testing": "testing"}
"""The secret of every access key that clients sign with: the key from ``aws_settings``, and usual keys of tests."""

LOOPBACK: Final = ("127.0.0.1", "localhost")
# A profile, a token, an endpoint of one service or a file of settings could lead to another AWS, or to errors.
OF_AWS: Final = "AWS_"
NO_FILES: Final = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
PROXY_EXCEPTIONS: Final = ("NO_PROXY", "no_proxy")


def aws_settings(endpoint_url: str) -> dict[str, str]:
    """Return every AWS setting of a client of the AWS at this address."""
    return {
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRETS[ACCESS_KEY],
        "AWS_SESSION_TOKEN": "",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_PAGER": "",
        **NO_FILES,
    }


def complete_environment(inherited: Mapping[str, str], endpoint_url: str) -> dict[str, str]:
    """Return a child's whole environment: the inherited one, with only our AWS settings and no proxy for loopback."""
    kept = {name: value for name, value in inherited.items() if not name.startswith(OF_AWS)}
    return kept | aws_settings(endpoint_url) | proxy_exceptions(inherited)


def proxy_exceptions(inherited: Mapping[str, str]) -> dict[str, str]:
    """Return the hosts that need no proxy: the caller's, from either spelling of the variable, and loopback."""
    hosts = [host.strip() for name in PROXY_EXCEPTIONS for host in inherited.get(name, "").split(",")]
    # Python's urllib takes a star to mean every host only if it is the whole value.
    exceptions = "*" if "*" in hosts else ",".join(dict.fromkeys([*filter(None, hosts), *LOOPBACK]))
    return dict.fromkeys(PROXY_EXCEPTIONS, exceptions)


def remove_inherited_settings() -> None:
    """Remove the inherited AWS settings and a proxy for loopback from this process: boto3 and moto would use them."""
    for name in [name for name in os.environ if name.startswith(OF_AWS)]:
        del os.environ[name]
    os.environ.update(NO_FILES | proxy_exceptions(os.environ))
