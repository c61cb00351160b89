"""The error that ends the demo early."""

from __future__ import annotations


class DemoFailed(Exception):
    """An observation differs from what must happen. The message is one sentence that states the difference."""
