"""The HTTP API: what it accepts, what it answers, and what it requests of the other functions."""
