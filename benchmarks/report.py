"""The output of the results: the terminal, the generated parts of the documentation, and a git-ignored JSON file."""

from __future__ import annotations

import json
from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table as RichTable

from scripts import generate_docs

from .results import Results
from .stub_process import ROOT
from .tables import Table, measured_tables, price_list

PAGE: Final = ROOT / "docs" / "benchmarks.md"
JSON_FILE: Final = ROOT / "out" / "benchmarks.json"
BEGIN: Final = "<!-- measured: begin -->"
END: Final = "<!-- measured: end -->"
COMMAND: Final = "make bench"


class NoMarkersForFigures(Exception):
    """The page lacks the markers for the figures."""


def print_tables(results: Results, console: Console) -> None:
    console.print(f"\n{results.machine}")
    if results.machine.busy_warning:
        console.print(results.machine.busy_warning)
    for table in measured_tables(results):
        drawn = RichTable(title=table.title, title_justify="left", box=box.SIMPLE_HEAD)
        for number, heading in enumerate(table.headings):
            drawn.add_column(heading, justify="left" if number < table.text_columns else "right")
        for row in table.rows:
            drawn.add_row(*row)
        console.print(drawn)


def write_json(results: Results) -> None:
    JSON_FILE.parent.mkdir(exist_ok=True)
    JSON_FILE.write_text(json.dumps(results.as_json(), indent=2) + "\n")


def write_documentation(results: Results) -> None:
    """Put the figures into ``docs/benchmarks.md``, and copy the bills from there into README.md."""
    _write_page(results)
    readme = generate_docs.README
    readme.write_text(generate_docs.with_generated_parts(readme.read_text(encoding="utf-8")), encoding="utf-8")


def _write_page(results: Results) -> None:
    """Put the figures between the markers. The text around them is written by hand."""
    page = PAGE.read_text(encoding="utf-8")
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise NoMarkersForFigures(
            f"docs/benchmarks.md has no markers for the figures: write {BEGIN} and {END} where they belong."
        )
    PAGE.write_text(f"{before}{BEGIN}\n{figures(results)}\n{END}{after}", encoding="utf-8")


def figures(results: Results) -> str:
    """Return the figures in Markdown."""
    parts = [f"Measured by `{COMMAND}`. {results.machine}. On Lambda the function has {results.memory_mb} MB."]
    if results.machine.busy_warning:
        parts.append(results.machine.busy_warning)
    for table in (*measured_tables(results), price_list()):
        parts += [f"### {table.title}", _markdown(table)]
    return "\n\n".join(parts)


def _markdown(table: Table) -> str:
    rules = ["---" if number < table.text_columns else "---:" for number in range(len(table.headings))]
    return "\n".join(f"| {' | '.join(row)} |" for row in (table.headings, rules, *table.rows))
