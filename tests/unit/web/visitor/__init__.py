"""The wake function: which kind of client sends a request, what it is answered, and what its request does."""
