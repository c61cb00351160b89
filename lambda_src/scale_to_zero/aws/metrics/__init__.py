"""Amazon CloudWatch: the metrics that are read, and the module's own metrics."""
