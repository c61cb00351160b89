"""The waiting page: browsers see it while a service is not awake. It opens the application as soon as it is ready."""

from __future__ import annotations

from .rendering import render_page

__all__ = ["render_page"]
