"""The AWS calls of the committed zip in a tick over 1,000 services. ``make bench`` measures the rest."""

from __future__ import annotations

from pathlib import Path

from benchmarks.deployed_package import unpack
from benchmarks.expectations import MOST_CALLS_SOME_DUE, SOME_DUE
from benchmarks.measure import measure_product
from benchmarks.stub_process import StubProcess


def test_a_tick_over_a_thousand_services_of_which_300_are_due_makes_few_calls(tmp_path: Path) -> None:
    unpack(tmp_path)
    with StubProcess() as stub:
        measured = measure_product(stub, SOME_DUE, tmp_path, repeats=1, state_metrics="every_tick")
    assert 100 < measured.calls <= MOST_CALLS_SOME_DUE
