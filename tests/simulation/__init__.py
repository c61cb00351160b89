"""The promises of design 1, held over simulated months in virtual time, in any interleaving of operations.

``simulator`` runs the functions as they are, over a model of AWS; here are its judges, and what they are tried on:

    simulation              a simulation that its judges are shown
    judged_run              one run, and what it was told when it asked
    referee                 judges every change of a desired count at the instant of its effect
    watch                   judges what must come about by itself within so many fault-free ticks
    courtesy                judges what visitors are answered
    storms, people          chance; ``days``: short stories
    interleavings           random histories of operations that begin within seconds of each other

``SIMULATION_SEEDS="1 2 3"``, ``SIMULATED_DAYS=30``, ``HYPOTHESIS_EXAMPLES=2000`` and ``INTERLEAVINGS=5000`` look
further than a usual run.
"""
