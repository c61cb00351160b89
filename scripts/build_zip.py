"""Build the zip that AWS Lambda runs, byte for byte the same on every machine.

    python scripts/build_zip.py            # write lambda_src/dist/lambda.zip
    python scripts/build_zip.py --check    # compare it with lambda_src/scale_to_zero; exit code 1 if they differ

The files are stored and not compressed. Compressed bytes depend on the version of the compressor, and a reviewer can
search a zip that is not compressed.
"""

from __future__ import annotations

import argparse
import io
import sys
import zipfile
from pathlib import Path
from typing import Final

SOURCE: Final = Path(__file__).resolve().parent.parent / "lambda_src"
PACKAGE: Final = SOURCE / "scale_to_zero"
ZIP: Final = SOURCE / "dist" / "lambda.zip"

PACKAGED_SUFFIXES: Final = frozenset({".css", ".html", ".js", ".py"})
# Python's cache is not part of the package. Any other file that is not packaged is a mistake.
LEFT_BY_PYTHON: Final = "__pycache__"

# The earliest time that a zip can contain. The file times of a checkout differ from machine to machine.
TIME: Final = (1980, 1, 1, 0, 0, 0)
UNIX: Final = 3
READABLE_REGULAR_FILE: Final = 0o100644


class PackageRefused(Exception):
    """The package contains a file that does not belong in the zip. The message says what to do."""


def packaged_files(package: Path) -> list[Path]:
    """Return the files of the package, in the order of the zip. Raise ``PackageRefused`` for any other file."""
    files = [path for path in package.rglob("*") if path.is_file() and LEFT_BY_PYTHON not in path.parts]
    for path in files:
        if path.suffix not in PACKAGED_SUFFIXES:
            raise PackageRefused(
                f"{path.relative_to(package.parent)} is none of {', '.join(sorted(PACKAGED_SUFFIXES))}. "
                "Remove it, or add its suffix to PACKAGED_SUFFIXES in scripts/build_zip.py."
            )
    return sorted(files, key=lambda path: path.relative_to(package.parent).as_posix())


def build(package: Path = PACKAGE) -> bytes:
    """Return the zip of the package as it is on disk. Raise ``PackageRefused`` if a file does not belong in it."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as archive:
        for path in packaged_files(package):
            entry = zipfile.ZipInfo(path.relative_to(package.parent).as_posix(), TIME)
            entry.create_system = UNIX
            entry.external_attr = READABLE_REGULAR_FILE << 16
            archive.writestr(entry, path.read_bytes())
    return content.getvalue()


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Build the zip that AWS Lambda runs.")
    parser.add_argument("--check", action="store_true", help="compare only, and exit with 1 if the zip is out of date")
    check = parser.parse_args(arguments).check
    try:
        content = build()
    except PackageRefused as refused:
        print(refused, file=sys.stderr)
        return 1
    if ZIP.is_file() and ZIP.read_bytes() == content:
        return 0
    if check:
        print(
            "lambda_src/dist/lambda.zip differs from lambda_src/scale_to_zero: run python scripts/build_zip.py.",
            file=sys.stderr,
        )
        return 1
    ZIP.parent.mkdir(parents=True, exist_ok=True)
    ZIP.write_bytes(content)
    print(f"Wrote {ZIP.relative_to(SOURCE.parent)}, size in bytes: {len(content):,}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
