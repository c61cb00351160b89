"""Measure whether the tests notice defective rules. Small defects are put into the rules, one at a time."""
