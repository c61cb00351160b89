"""Measure whether the tests notice defective rules: small defects are put into the rules, one at a time."""
