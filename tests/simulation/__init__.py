"""Tests that the promises of the README hold over simulated months in virtual time, in any interleaving of operations.

``simulator`` runs the functions unchanged, over a model of AWS. These modules check the promises:

    simulation              a simulation whose calls are checked
    checked_run             one run, and the answers that it got
    promise_checker         checks every change of a desired count at the instant when it takes effect
    promise_tracker         checks what must happen by itself within a number of fault-free ticks
    answer_checker          checks the answers that clients get
    clients, operators      requests and commands at random times
    random_faults           faults of calls at random times
    scenarios               short scenarios that tests disturb
    interleavings           random histories of operations that begin within seconds of each other

``SIMULATION_SEEDS="1 2 3"``, ``SIMULATED_DAYS=30``, ``HYPOTHESIS_EXAMPLES=2000`` and ``INTERLEAVINGS=5000`` run
more than the default.
"""
