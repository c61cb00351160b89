"""What is configured, observed, remembered and decided, as types, and the errors. It imports no other room."""
