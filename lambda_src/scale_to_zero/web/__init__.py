"""The answers to visitors, to callers of the API and to the dashboard. The packages here do not import each other."""
