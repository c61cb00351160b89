"""One change in AWS, and reporting it."""
