"""What is configured, observed, saved and decided, as types, and the errors. This package imports no other."""
