"""One run of the scale-to-zero function: it observes, decides, acts and reports."""
