"""The wake function: which kind of client sends a request, which answer it gets, and what its request does."""
