"""``examples/staging`` applied to an AWS on this machine: as a short scenario, or left running to try."""

from __future__ import annotations
