"""The cost of one tick, measured against a stub of AWS: calls, wall time, memory, money, start-up."""

from __future__ import annotations
