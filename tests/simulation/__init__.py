"""The promises of design 1, held over simulated months in virtual time, in any interleaving of operations.

The functions run as they are; the world, the table and the calls between them are in memory:

    ports, services, load_balancing, table, faults
                            every port over ``simulator.world``, held to its words by the contract tests as well
    turns                   runs that overlap, in virtual time and in one order per seed
    runs, passage           one run: its calls take their time, meet trouble, and it is cut off at its limit
    chronicle               what really happened, and the trace that a failure prints
    referee                 judges every change of a desired count at the instant of its effect
    watch                   judges what must come about by itself within so many fault-free ticks
    simulation              all of these put together; ``storms`` and ``people`` are chance, ``days`` short stories
    interleavings           random histories of operations that begin within seconds of each other

``SIMULATION_SEEDS="1 2 3"``, ``SIMULATED_DAYS=30``, ``HYPOTHESIS_EXAMPLES=2000`` and ``INTERLEAVINGS=5000`` look
further than a usual run.
"""
