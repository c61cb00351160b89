"""The waiting page: what a browser shows of a service that is not awake, until it becomes the application by itself."""

from __future__ import annotations

from .rendering import render_page

__all__ = ["render_page"]
