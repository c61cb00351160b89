"""The wake function: who comes, what he is answered, and what his coming does."""
