"""The answers to visitors, callers of the API and the dashboard. Its packages do not import each other."""
