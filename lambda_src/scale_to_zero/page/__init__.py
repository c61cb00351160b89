"""The waiting page: what a browser shows of a service that is not awake, until it becomes the application by itself."""

from __future__ import annotations

from .languages import Language, language_of
from .rendering import content_security_policy, render

__all__ = ["Language", "content_security_policy", "language_of", "render"]
