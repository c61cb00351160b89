"""How defects are tried on a project of three tests, and how the score is printed."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.mutation import trials
from scripts.mutation.mutants import RULES, Mutant
from scripts.mutation.score import Score, read, score_of, write
from scripts.mutation.trials import Clone, NothingMeasured, Outcome, Trial
from scripts.stamps import PROJECT

LARGER, SMALLER = "left > right", "left < right"


def mutant(rank: str = "a") -> Mutant:
    """Return some change of the small project's module."""
    return Mutant("decide", "AddNot", 0, 1, rank)


def decide(result: str) -> str:
    """Return the source of the small project's only module."""
    return f"def decide(left, right):\n    return {result}\n"


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clone:
    """Make a project whose rule tests try unequal numbers, and whose simulation test tries equal numbers."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    sources = {
        RULES / "decide.py": decide(LARGER),
        RULES.parent / "__init__.py": "",
        RULES / "__init__.py": "",
        Path("pyproject.toml"): "[tool.pytest.ini_options]\npythonpath = ['lambda_src']\n",
        Path("tests/unit/rules/test_rules.py"): """
            from scale_to_zero.rules.decide import decide
            def test_larger(): assert decide(2, 1) and not decide(1, 2)
            """,
        Path("tests/simulation/test_day.py"): """
            from scale_to_zero.rules.decide import decide
            def test_equal(): assert not decide(1, 1)
            """,
        # Never run: the simulated months take too long.
        Path("tests/simulation/test_promises.py"): "raise AssertionError",
    }
    for path, source in sources.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(dedent(source))
    return Clone(tmp_path, Path(sys.executable))


def test_a_defect_is_noticed_by_the_first_suite_that_fails_and_is_removed_again(small: Clone) -> None:
    small.measure()
    # Some have the same length within the same second. Python must not run the compiled file of one for the next.
    results = [
        small.try_out(mutant(), decide(result))
        for result in (SMALLER, LARGER, SMALLER, "left >= right", "left - 1 >= right")
    ]
    assert [(trial.outcome, trial.suite) for trial in results] == [
        (Outcome.NOTICED, "rules"),
        (Outcome.SURVIVED, None),
        (Outcome.NOTICED, "rules"),
        (Outcome.NOTICED, "simulation"),
        (Outcome.SURVIVED, None),
    ]
    assert (small.folder / mutant().path).read_text() == decide(LARGER)


def test_a_defect_that_never_ends_is_ended(small: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials, "SECONDS_MORE", 1)
    small.measure()
    endless = small.try_out(mutant(), "def decide(left, right):\n    while True:\n        pass\n")
    assert (endless.outcome, endless.suite) == (Outcome.TOO_SLOW, "rules")


def test_tests_that_fail_without_any_defect_measure_nothing(small: Clone) -> None:
    (small.folder / mutant().path).write_text(decide(SMALLER))
    with pytest.raises(NothingMeasured, match="fails without a defect; fix it first"):
        small.measure()


def test_tests_that_run_another_source_measure_nothing(small: Clone) -> None:
    (small.folder / "tests/simulation/test_day.py").write_text("def test_nothing(): pass")
    with pytest.raises(NothingMeasured, match=r"'simulation' passes without decide\.py"):
        small.measure()


@pytest.mark.parametrize("folder", [str(RULES), "tests/unit", "tests/simulation"])
def test_a_commit_without_a_folder_measures_nothing(folder: str, small: Clone) -> None:
    shutil.rmtree(small.folder / folder)
    with pytest.raises(NothingMeasured, match=f"has no {folder}: measure a commit that has it"):
        small.measure()


def test_a_pytest_that_cannot_run_notices_nothing(small: Clone) -> None:
    small.measure()
    (small.folder / "pyproject.toml").write_text("[tool.pytest.ini_options]\naddopts = ['--no-such-option']\n")
    with pytest.raises(NothingMeasured, match=r"(?s)ended with status 4.*no-such-option"):
        small.try_out(mutant(), decide(SMALLER))
    assert (small.folder / mutant().path).read_text() == decide(LARGER)


def test_a_defect_that_breaks_the_import_of_a_conftest_is_noticed(small: Clone) -> None:
    (small.folder / "tests/simulation/conftest.py").write_text("import scale_to_zero.rules.decide")
    small.measure()
    (small.folder / "tests/unit/rules/test_rules.py").write_text("def test_nothing(): pass")
    assert small.try_out(mutant(), "raise ImportError").suite == "simulation"


def test_ten_of_ten_is_not_certain() -> None:
    # Wilson's interval for 10 of 10: 0.7225 to 1, as statsmodels computes it, for instance.
    low, high = Score(10, 10).interval
    assert (round(low, 4), round(high, 4)) == (0.7225, 1.0)
    assert str(Score(10, 10)) == "10 of 10 noticed: 100.0% (95 % interval 72.2% to 100.0%)"


@given(st.integers(1, 2000).flatmap(lambda tried: st.tuples(st.integers(0, tried), st.just(tried))))
def test_the_interval_holds_the_share_and_narrows_with_more_defects(counts: tuple[int, int]) -> None:
    noticed, tried = counts
    (low, high), (lower, higher) = Score(10 * noticed, 10 * tried).interval, Score(noticed, tried).interval
    assert lower - 1e-9 <= low <= noticed / tried + 1e-9
    assert noticed / tried - 1e-9 <= high <= higher + 1e-9
    assert lower >= -1e-9
    assert higher <= 1 + 1e-9


def of_each_outcome() -> Sequence[Trial]:
    """Return one trial of each outcome, in the order of their ranks."""
    return [
        Trial(mutant("a"), Outcome.NOTICED, "rules", 1.5),
        Trial(mutant("b"), Outcome.SURVIVED, None, 30.0),
        Trial(mutant("c"), Outcome.TOO_SLOW, "simulation", 90.0),
    ]


def test_a_defect_that_makes_the_tests_run_without_end_counts_as_noticed() -> None:
    assert score_of(of_each_outcome()) == Score(2, 3, too_slow=1)
    assert "2 of 3 noticed, 1 of them by a time limit: 66.7%" in str(score_of(of_each_outcome()))


def test_without_a_trial_there_is_no_score() -> None:
    with pytest.raises(ValueError, match="No defect was tried"):
        score_of([])


def test_saved_trials_can_be_read_again(tmp_path: Path) -> None:
    path = tmp_path / "mutation" / "commit.json"
    write(path, list(reversed(of_each_outcome())))
    assert read(path) == of_each_outcome()


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text('{"trials": 3}')
    with pytest.raises(ValueError, match="is not a result of make mutation"):
        read(tmp_path / "other.json")


def test_the_rules_are_where_the_defects_are_put() -> None:
    assert (PROJECT / RULES / "decide.py").exists()
