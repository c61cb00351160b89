"""What is configured, observed, saved and decided, as types, and the errors. It imports no other package."""
