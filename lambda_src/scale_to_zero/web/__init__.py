"""Answers over HTTP: to visitors, to callers of the API, and to the dashboard. Its rooms do not know each other."""
