"""One change in the world, and reporting it."""
