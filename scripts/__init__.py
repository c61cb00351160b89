"""The programs that maintainers run: the zip, the provider, the checks, the demo."""

from __future__ import annotations
