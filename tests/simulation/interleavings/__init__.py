"""Random histories of a few operations that begin within seconds of each other, with delays and faults at any call.

``make replay SEED=4711`` replays one, and cuts it to what matters if a promise is broken. ``make soak SEEDS=500``
tries fresh seeds.
"""
