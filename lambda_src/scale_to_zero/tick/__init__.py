"""One run of the scale-to-zero function: observe, decide, apply, report."""
