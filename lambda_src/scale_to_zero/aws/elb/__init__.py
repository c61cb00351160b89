"""Elastic Load Balancing: target groups and the rules of listeners."""
