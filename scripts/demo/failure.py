"""What ends the demo before its time."""

from __future__ import annotations


class DemoFailed(Exception):
    """Something that was observed is not what must happen; the message is one sentence that says what."""
