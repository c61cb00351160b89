"""The dashboard computes the module's own cost from ``prices.json``, as the benchmarks do."""

from __future__ import annotations

import re
from pathlib import Path

from benchmarks.prices import Prices

COSTS = Path(__file__).parents[2] / "dashboard_cost.tf"


def test_every_price_has_its_usage_and_every_usage_its_price() -> None:
    """Terraform itself fails only if a usage is missing: a usage without a price would cost nothing."""
    usage = re.search(r"own_usage = \{\n(.*?)\n  \}", COSTS.read_text(encoding="utf-8"), re.DOTALL)
    assert usage is not None
    assert sorted(re.findall(r"^    (\w+) +=", usage[1], re.MULTILINE)) == sorted(Prices._fields)
