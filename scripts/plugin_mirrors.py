"""Filesystem mirrors of the AWS provider on this machine.

A mirror is a folder that contains ``<host>/hashicorp/aws/<version>/<os_arch>``. This is the unpacked layout in
Terraform's documentation of ``provider_installation``.
"""

from __future__ import annotations

import os
import platform
import re
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Final

OLDEST_PROVIDER: Final = (5, 100)
PROVIDER_TOO_NEW: Final = (7, 0)

# The folder of the hosts lies at most this many levels below the root. /home/<user>/.terraform.d/plugins has four.
DEEPEST_MIRROR: Final = 5
SEARCH_SECONDS: Final = 60.0

NOT_SEARCHED: Final = frozenset({"/proc", "/sys", "/dev", "/run", "/net", "/Network", "/Volumes"})
NEVER_A_MIRROR: Final = frozenset({".git", ".terraform", ".stamps", "node_modules", "site-packages", "__pycache__"})
NETWORK_FILESYSTEMS: Final = ("nfs", "cifs", "smb", "afs", "ceph", "glusterfs", "lustre", "autofs", "fuse.sshfs")


def find_mirrors(root: Path = Path("/")) -> Iterator[Path]:
    """Return the mirrors below ``root`` that hold an accepted version for this platform, shallowest first."""
    wanted = os_arch()
    skipped = NOT_SEARCHED | network_mounts()
    ends = time.monotonic() + SEARCH_SECONDS
    waiting = deque([(root, 0)])
    while waiting and time.monotonic() < ends:
        folder, depth = waiting.popleft()
        children = subfolders(folder)
        if any(holds_provider(host, wanted) for host in children):
            yield folder
        if depth < DEEPEST_MIRROR:
            waiting.extend(
                (child, depth + 1)
                for child in children
                if str(child) not in skipped and child.name not in NEVER_A_MIRROR
            )


def holds_provider(host: Path, wanted: str) -> bool:
    """Return whether the folder of a host has an accepted version of the provider for this platform."""
    provider = host / "hashicorp" / "aws"
    return any(
        acceptable(version.name) and os.access(version / wanted, os.R_OK | os.X_OK) for version in subfolders(provider)
    )


def acceptable(version: str) -> bool:
    """Return whether the module accepts this version of the provider. It accepts no pre-release."""
    parts = re.fullmatch(r"(\d+)\.(\d+)\.(\d+)", version)
    return parts is not None and OLDEST_PROVIDER <= (int(parts[1]), int(parts[2])) < PROVIDER_TOO_NEW


def os_arch() -> str:
    """Return this platform as Terraform writes it, for example ``linux_amd64``."""
    machine = platform.machine().lower()
    architecture = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}.get(machine, machine)
    return f"{platform.system().lower()}_{architecture}"


def network_mounts() -> frozenset[str]:
    """Return where file systems of other machines are mounted: a search there might not end."""
    mounts = Path("/proc/self/mounts")
    if not mounts.is_file():
        return frozenset()
    fields = (line.split() for line in mounts.read_text(encoding="utf-8").splitlines())
    return frozenset(field[1] for field in fields if field[2].startswith(NETWORK_FILESYSTEMS))


def subfolders(folder: Path) -> list[Path]:
    """Return the folders in a folder, in order. Links are not followed. A folder that cannot be read has none."""
    try:
        with os.scandir(folder) as entries:
            return sorted(Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False))
    except OSError:
        return []
