"""What ends the demo before its time."""

from __future__ import annotations


class DemoFailed(Exception):
    """An observation differs from what must happen; the message is one sentence that says how."""
