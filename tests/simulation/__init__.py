"""The promises of design 1, held over simulated months in virtual time, in any interleaving of operations.

``simulator`` runs the functions as they are, over a model of AWS; these modules check the promises:

    simulation              a simulation whose calls are checked
    checked_run             one run, and the answers that it got
    promise_checker         checks every change of a desired count at the instant of its effect
    promise_tracker         checks what must happen by itself within so many fault-free ticks
    answer_checker          checks the answers that clients get
    clients, operators       requests and commands at random times; ``random_faults``: faults of calls
    scenarios               short scenarios that tests disturb
    interleavings           random histories of operations that begin within seconds of each other

``SIMULATION_SEEDS="1 2 3"``, ``SIMULATED_DAYS=30``, ``HYPOTHESIS_EXAMPLES=2000`` and ``INTERLEAVINGS=5000`` try
more than a usual run.
"""
