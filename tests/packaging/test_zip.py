"""The committed zip contains the current package, and nothing else."""

from __future__ import annotations

import ast
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts import build_zip
from scripts.build_zip import PACKAGE, ZIP, PackageRefused, build

from .interpreters import VERSIONS, require_interpreter
from .lambda_runtime import runtime_packages

PROJECT = Path(__file__).resolve().parents[2]


def entries() -> list[zipfile.ZipInfo]:
    with zipfile.ZipFile(ZIP) as archive:
        return archive.infolist()


def modules() -> list[Path]:
    return [PACKAGE.parent / entry.filename for entry in entries() if entry.filename.endswith(".py")]


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "scale_to_zero"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "model.py").write_text("x = 1\n")
    return folder


class TestCommittedZip:
    def test_it_equals_a_rebuild(self) -> None:
        assert ZIP.read_bytes() == build(), "run python scripts/build_zip.py"

    @pytest.mark.parametrize("version", VERSIONS)
    def test_every_supported_python_builds_the_same_zip(self, version: str) -> None:
        python = require_interpreter(version)
        program = "import sys; from scripts.build_zip import build; sys.stdout.buffer.write(build())"
        built = subprocess.run([python, "-c", program], cwd=PROJECT, capture_output=True, check=True, timeout=60)
        assert built.stdout == ZIP.read_bytes()

    def test_it_contains_every_module_and_every_part_of_the_pages_and_nothing_else(self) -> None:
        parts = (path for kind in ("*.py", "page/page.*", "panel/panel.css") for path in PACKAGE.rglob(kind))
        on_disk = sorted(path.relative_to(PACKAGE.parent).as_posix() for path in parts)
        assert [entry.filename for entry in entries()] == on_disk
        assert {"scale_to_zero/handlers.py", "scale_to_zero/web/page/page.html"} <= set(on_disk)

    def test_it_does_not_depend_on_the_machine_that_built_it(self) -> None:
        for entry in entries():
            assert entry.date_time == (1980, 1, 1, 0, 0, 0)
            assert entry.external_attr >> 16 == 0o100644
            assert entry.create_system == 3
            assert entry.compress_type == zipfile.ZIP_STORED

    def test_it_needs_only_the_standard_library_and_packages_that_lambda_provides(self) -> None:
        for module in modules():
            allowed = sys.stdlib_module_names | {"scale_to_zero"}
            if "aws" in module.relative_to(PACKAGE).parts:
                allowed |= {"botocore"}
            assert set(imported(module)) <= allowed, module.name

    @pytest.mark.parametrize("version", VERSIONS)
    def test_every_supported_python_can_import_its_handlers(self, version: str) -> None:
        python = require_interpreter(version)
        program = (
            f"import sys; sys.path[:0] = [{str(ZIP)!r}, {str(runtime_packages())!r}]\n"
            "from scale_to_zero.handlers import scale_to_zero, scale_up\n"
            "print(sys.modules['scale_to_zero'].__file__)\n"
        )
        ran = subprocess.run([python, "-I", "-c", program], capture_output=True, text=True, check=False, timeout=60)
        assert ran.returncode == 0, ran.stderr
        assert ran.stdout.startswith(str(ZIP))


class TestBuilding:
    def test_pythons_cache_stays_out(self, package: Path) -> None:
        before = build(package)
        (package / "__pycache__").mkdir()
        (package / "__pycache__" / "model.cpython-313.pyc").write_bytes(b"compiled")
        assert build(package) == before

    def test_the_time_and_mode_of_a_file_do_not_matter(self, package: Path) -> None:
        before = build(package)
        (package / "model.py").chmod(0o600)
        (package / "model.py").touch()
        assert build(package) == before

    def test_every_byte_of_a_file_matters(self, package: Path) -> None:
        before = build(package)
        (package / "model.py").write_text("x = 2\n")
        assert build(package) != before

    def test_a_file_that_does_not_belong_in_the_package_is_refused_by_name(self, package: Path) -> None:
        (package / "notes.txt").write_text("")
        with pytest.raises(
            PackageRefused, match=r"scale_to_zero/notes\.txt is none of \.css, \.html, \.js, \.py\. Remove it"
        ):
            build(package)

    def test_check_says_in_one_sentence_what_to_do_and_writes_nothing(
        self, package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        stale = tmp_path / "lambda.zip"
        stale.write_bytes(b"stale")
        monkeypatch.setattr(build_zip, "ZIP", stale)
        assert build_zip.main(["--check"]) == 1
        assert stale.read_bytes() == b"stale"
        printed = capsys.readouterr().err
        assert printed.count("\n") == 1
        assert "run python scripts/build_zip.py" in printed

    def test_check_of_a_zip_that_is_up_to_date_succeeds(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        fresh = tmp_path / "lambda.zip"
        fresh.write_bytes(build())
        monkeypatch.setattr(build_zip, "ZIP", fresh)
        assert build_zip.main(["--check"]) == 0
        assert capsys.readouterr() == ("", "")


def imported(module: Path) -> Iterator[str]:
    """Yield the packages that a module imports when it runs, without imports for type checkers only."""
    pending: list[ast.AST] = [ast.parse(module.read_text())]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            pending.extend(node.orelse)
            continue
        if isinstance(node, ast.Import):
            yield from (name.name.partition(".")[0] for name in node.names)
        if isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield node.module.partition(".")[0]
        pending.extend(ast.iter_child_nodes(node))
