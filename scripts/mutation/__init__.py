"""Measure whether the tests notice broken rules: small defects are put into the rules, one at a time."""
