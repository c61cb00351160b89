from __future__ import annotations

from pathlib import Path

import pytest

from scripts.plugin_mirrors import DEEPEST_MIRROR, find_mirrors, os_arch


def put_provider(mirror: Path, version: str = "5.100.0", platform: str | None = None) -> Path:
    folder = mirror / "registry.example" / "hashicorp" / "aws" / version / (platform or os_arch())
    folder.mkdir(parents=True)
    return mirror


def test_a_mirror_some_folders_below_the_root_is_found(tmp_path: Path) -> None:
    mirror = put_provider(tmp_path / "opt" / "plugins")
    assert list(find_mirrors(tmp_path)) == [mirror]


def test_the_shallowest_mirror_comes_first(tmp_path: Path) -> None:
    deep = put_provider(tmp_path / "a" / "b" / "c")
    shallow = put_provider(tmp_path / "z")
    assert list(find_mirrors(tmp_path)) == [shallow, deep]


def test_the_search_ends_at_a_set_depth(tmp_path: Path) -> None:
    within = tmp_path.joinpath(*"abcdefgh"[:DEEPEST_MIRROR])
    put_provider(within / "one_too_deep")
    assert list(find_mirrors(tmp_path)) == []
    put_provider(within)
    assert list(find_mirrors(tmp_path)) == [within]


@pytest.mark.parametrize("version", ["5.99.9", "4.67.0", "7.0.0", "6.0.0-beta1", "latest"])
def test_a_version_that_the_module_does_not_accept_is_skipped(tmp_path: Path, version: str) -> None:
    put_provider(tmp_path / "plugins", version)
    assert list(find_mirrors(tmp_path)) == []


@pytest.mark.parametrize("version", ["5.100.0", "5.101.3", "6.27.0"])
def test_a_version_that_the_module_accepts_is_found(tmp_path: Path, version: str) -> None:
    mirror = put_provider(tmp_path / "plugins", version)
    assert list(find_mirrors(tmp_path)) == [mirror]


def test_a_provider_for_another_platform_is_skipped(tmp_path: Path) -> None:
    put_provider(tmp_path / "plugins", platform="plan9_mips")
    assert list(find_mirrors(tmp_path)) == []


def test_the_providers_of_a_working_folder_are_not_a_mirror(tmp_path: Path) -> None:
    put_provider(tmp_path / "project" / ".terraform" / "providers")
    assert list(find_mirrors(tmp_path)) == []


def test_links_are_not_followed_so_the_search_ends(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path)
    mirror = put_provider(tmp_path / "plugins")
    assert list(find_mirrors(tmp_path)) == [mirror]
