"""Where Terraform gets the AWS provider from on this machine: ``python -m scripts.terraform_provider``.

It prints the value for ``TF_CLI_ARGS_init``. If the variable is already set, its value is used. Otherwise the provider
is fetched from the registry once, and every later ``terraform init`` uses it as a filesystem mirror. If the registry
cannot be reached, a mirror that is found on the machine is used. The result is recorded in a git-ignored stamp.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from scripts.plugin_mirrors import find_mirrors
from scripts.stamps import STAMPS, alone

INIT_ARGUMENTS: Final = "TF_CLI_ARGS_init"
OLDEST_TERRAFORM: Final = (1, 9)
# The registry has every version. The tests were written against this one.
TESTED_VERSION: Final = "5.100.0"
ACCEPTED_VERSIONS: Final = ">= 5.100, < 7.0"

REGISTRY_ANSWER_SECONDS: Final = 30.0
DOWNLOAD_SECONDS: Final = 900.0
MIRROR_INIT_SECONDS: Final = 120.0

STAMP: Final = STAMPS / "terraform-plugin-dir"
DOWNLOADED: Final = STAMPS / "provider-from-registry"


class TerraformUnavailable(Exception):
    """Terraform or its AWS provider is not available here. The message is one sentence that says what to do."""


def terraform_environment() -> dict[str, str]:
    """Return this process's environment with ``TF_CLI_ARGS_init``. Raise ``TerraformUnavailable`` without a value."""
    return {**os.environ, INIT_ARGUMENTS: init_arguments()}


def init_arguments() -> str:
    """Return the value for ``TF_CLI_ARGS_init``. Raise ``TerraformUnavailable`` without Terraform or its provider."""
    require_terraform()
    if INIT_ARGUMENTS in os.environ:
        return os.environ[INIT_ARGUMENTS]
    # Test workers start together: one fetches the provider, and the others wait.
    with alone(STAMPS / "terraform-plugin-dir.lock"):
        return plugin_dir_argument(plugin_dir_found_once())


def plugin_dir_found_once() -> Path:
    """Return the recorded folder, or find one now and record it. Raise ``TerraformUnavailable`` if there is none."""
    plugin_dir = recorded_plugin_dir() or provider_from_registry() or provider_from_machine()
    if plugin_dir is None:
        raise TerraformUnavailable(
            f"Terraform's AWS provider ({ACCEPTED_VERSIONS}) is available neither from the registry nor from a mirror "
            "on this machine: connect to the registry, or put the unpacked provider into a folder "
            "<host>/hashicorp/aws/<version>/<os_arch>."
        )
    STAMP.write_text(f"{plugin_dir}\n", encoding="utf-8")
    return plugin_dir


def plugin_dir_argument(plugin_dir: Path) -> str:
    """Return the argument, quoted, because Terraform splits the variable as a shell does."""
    return shlex.quote(f"-plugin-dir={plugin_dir}")


def require_terraform() -> None:
    """Raise ``TerraformUnavailable`` unless a Terraform that is new enough is on the PATH."""
    cure = f"install Terraform {'.'.join(map(str, OLDEST_TERRAFORM))} or newer and put it on the PATH."
    if shutil.which("terraform") is None:
        raise TerraformUnavailable(f"There is no terraform on this machine: {cure}")
    answer = subprocess.run(["terraform", "version"], capture_output=True, text=True, check=False, timeout=60)
    version = re.search(r"Terraform v(\d+)\.(\d+)", answer.stdout)
    if version is None:
        raise TerraformUnavailable(f"The terraform on the PATH does not report its version: {cure}")
    if (int(version[1]), int(version[2])) < OLDEST_TERRAFORM:
        raise TerraformUnavailable(f"The terraform on the PATH is {version[0]}, which is too old: {cure}")


def recorded_plugin_dir() -> Path | None:
    """Return the folder that an earlier run found, or ``None`` if it is gone."""
    if not STAMP.is_file():
        return None
    plugin_dir = Path(STAMP.read_text(encoding="utf-8").strip())
    return plugin_dir if next(plugin_dir.glob("*/hashicorp/aws/*/*"), None) else None


def provider_from_registry() -> Path | None:
    """Let ``terraform init`` fetch the provider once. The folder that it fills has the layout of a mirror."""
    write_configuration(DOWNLOADED, f"= {TESTED_VERSION}")
    environment = {**os.environ, "TF_REGISTRY_DISCOVERY_RETRY": "0", "TF_REGISTRY_CLIENT_TIMEOUT": "10"}
    installed = False
    for line in terraform_init_lines(DOWNLOADED, environment):
        if "Installing hashicorp/aws" in line:
            print("Fetching the AWS provider from the registry, once.", file=sys.stderr)
        installed = installed or "Terraform has been successfully initialized" in line
    if not installed:
        shutil.rmtree(DOWNLOADED)
        return None
    return DOWNLOADED / ".terraform" / "providers"


def terraform_init_lines(folder: Path, environment: dict[str, str]) -> Iterator[str]:
    """Return the lines of ``terraform init``. It is ended if the registry or the download takes too long."""
    with subprocess.Popen(
        ["terraform", "init", "-no-color", "-input=false"],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as init:
        assert init.stdout is not None
        limit = threading.Timer(REGISTRY_ANSWER_SECONDS, init.kill)
        limit.start()
        try:
            for line in init.stdout:
                if "Installing hashicorp/aws" in line:
                    limit.cancel()
                    limit = threading.Timer(DOWNLOAD_SECONDS, init.kill)
                    limit.start()
                yield line
        except BaseException:
            # An interrupt of this process does not reach the child process.
            init.kill()
            raise
        finally:
            limit.cancel()


def provider_from_machine() -> Path | None:
    """Return the first mirror on this machine that ``terraform init`` accepts."""
    folder = STAMPS / "provider-from-mirror"
    for mirror in find_mirrors():
        write_configuration(folder, ACCEPTED_VERSIONS)
        command = ["terraform", "init", "-no-color", "-input=false", f"-plugin-dir={mirror}"]
        try:
            init = subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=MIRROR_INIT_SECONDS)
        except subprocess.TimeoutExpired:
            continue
        finally:
            shutil.rmtree(folder)
        if init.returncode == 0:
            return mirror
    return None


def write_configuration(folder: Path, version: str) -> None:
    """Write a configuration that needs the AWS provider and nothing else."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "versions.tf").write_text(
        "terraform {\n"
        "  required_providers {\n"
        "    aws = {\n"
        '      source  = "hashicorp/aws"\n'
        f'      version = "{version}"\n'
        "    }\n"
        "  }\n"
        "}\n",
        encoding="utf-8",
    )


def main() -> int:
    try:
        print(init_arguments())
    except TerraformUnavailable as unavailable:
        print(unavailable, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
