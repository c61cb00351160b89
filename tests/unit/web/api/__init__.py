"""The HTTP API: what it accepts, what it answers, and what it has done."""
