"""The one account and region that are modelled."""

from __future__ import annotations

from typing import Final

ACCOUNT_ID: Final = "123456789012"
REGION: Final = "eu-west-3"
