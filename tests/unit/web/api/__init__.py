"""The HTTP API: what it is asked, what it answers, and what it has done."""
