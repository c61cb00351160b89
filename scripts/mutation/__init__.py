"""Measure whether the tests notice broken rules: small defects are put into the pure core, one at a time."""
