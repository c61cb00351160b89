"""Amazon CloudWatch: metrics that are read, and metrics of our own."""
