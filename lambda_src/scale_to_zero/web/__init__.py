"""What visitors, callers of the API and the dashboard are answered. Its rooms do not import each other."""
