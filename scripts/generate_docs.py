"""The generated parts of README.md: inputs and outputs from the HCL, cost from the measured benchmarks.

``python -m scripts.generate_docs`` rewrites them. With ``--check`` it only compares them.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import Any

import hcl2

from .object_attributes import kind_of, with_types

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
BENCHMARKS = ROOT / "docs" / "benchmarks.md"
COST_HEADING = "### A month in US dollars: list price → price after AWS's free units"


def main() -> int:
    """Rewrite or compare README.md. Return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only say whether README.md is up to date")
    arguments = parser.parse_args()
    present = README.read_text(encoding="utf-8")
    generated = with_generated_parts(present)
    if not arguments.check:
        README.write_text(generated, encoding="utf-8")
    elif present != generated:
        print("README.md does not agree with the HCL and the benchmarks: run `make docs`.", file=sys.stderr)
        return 1
    return 0


def with_generated_parts(text: str) -> str:
    """Return the text of the README with each generated part replaced."""
    for name, part in (("inputs", inputs()), ("outputs", outputs()), ("cost", cost())):
        text = replaced(text, name, part)
    return text


def replaced(text: str, name: str, part: str) -> str:
    """Put a part between its two markers. Raise ``SystemExit`` if they are missing."""
    begin, end = f"<!-- begin: {name} -->", f"<!-- end: {name} -->"
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    if not pattern.search(text):
        raise SystemExit(f"README.md has no markers for {name}: write {begin} and {end} where this part belongs.")
    return pattern.sub(lambda _: f"{begin}\n{part}\n{end}", text)


def inputs() -> str:
    """Return a list of the variables, in the order of ``variables.tf``, with type, default and description."""
    return "\n".join(input_entry(name, block) for name, block in blocks("variables.tf", "variable"))


def input_entry(name: str, block: dict[str, Any]) -> str:
    hcl_type = unquoted(block["type"]).removeprefix("${").removesuffix("}")
    default = "required" if "default" not in block else f"default `{shown(block['default'])}`"
    description = unquoted(block["description"]).strip()
    first, *rest = with_types(name, hcl_type, dedented(description))
    opening = f"- **`{name}`** ({kind_of(hcl_type)}, {default}): {first}"
    return "\n".join([opening, *(f"  {line}".rstrip() for line in rest)])


def outputs() -> str:
    """Return a table of the outputs, in the order of ``outputs.tf``."""
    rows = [f"| `{name}` | {unquoted(block['description'])} |" for name, block in blocks("outputs.tf", "output")]
    return "\n".join(["| output | meaning |", "| --- | --- |", *rows])


def cost() -> str:
    """Return the table of monthly prices as the benchmarks wrote it."""
    _, heading, rest = BENCHMARKS.read_text(encoding="utf-8").partition(COST_HEADING)
    table = [line for line in rest.partition("\n###")[0].splitlines() if line.startswith("|")]
    if not heading or not table:
        raise SystemExit("docs/benchmarks.md has no table of monthly prices: run `make bench`.")
    return "\n".join(["US dollars a month: list price → price after the free units of an AWS account:", "", *table])


def blocks(file: str, kind: str) -> list[tuple[str, dict[str, Any]]]:
    """Return the blocks of one kind in one file, each with its name."""
    with (ROOT / file).open(encoding="utf-8") as source:
        parsed = hcl2.load(source)
    return [(unquoted(name), body) for entry in parsed[kind] for name, body in entry.items() if name != "__comments__"]


def unquoted(text: str) -> str:
    """Return a string of HCL without its quotes or heredoc marks."""
    text = text.strip()
    heredoc = re.match(r'^"?<<-?(\w+)\n(.*)\n\s*\1"?$', text, re.DOTALL)
    if heredoc:
        return heredoc.group(2)
    if len(text) > 1 and text[0] == text[-1] == '"':
        return text[1:-1].replace('\\"', '"')
    return text


def dedented(text: str) -> list[str]:
    """Return the lines of a text without the indentation that they share."""
    lines = text.splitlines()
    indents = [len(line) - len(line.lstrip()) for line in lines[1:] if line.strip()]
    shared = min(indents, default=0)
    return [lines[0].strip(), *(line[shared:] for line in lines[1:])]


def shown(default: object) -> str:
    """Return a default as it is written in HCL."""
    if default is None or default == "null":
        return "null"
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, dict):
        return "{}"
    return str(default)


if __name__ == "__main__":
    sys.exit(main())
