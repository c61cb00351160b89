"""The functions of the module over a model of AWS, in virtual time: pure and seeded, without moto, boto3 or a network.

    >>> from datetime import timedelta
    >>> from simulator.account import a_service, woken_by_requests
    >>> from simulator.simulation import Simulation
    >>> service = woken_by_requests(a_service("web"))
    >>> with Simulation(seed=1) as sim:
    ...     sim.add_service(service)
    ...     sim.advance(timedelta(hours=1))
    ...     sim.after(timedelta(0), lambda: sim.request(service))
    ...     sim.advance(timedelta(minutes=5))
    ...     [(change.after, change.by) for change in sim.record.changes[service.name]]
    [(0, 'tick 9'), (1, 'watcher 1')]

The same seed and the same steps give the same history.

``simulation``              services, their functions, and what operators do to them; ``hooks``: events of a simulation
``world``                   the parts of AWS that change by themselves: tasks, targets, metrics, rules, scaling
``ports``                   every port of the functions in memory, over a world
``turns``                   runs that overlap, in virtual time
``functions``               what the runs of the functions do
``runs``, ``calls``         one run and its calls: each call takes time, and is cut off at the run's time limit
``fault_injection``         fault plans: how long calls take, and which of them fail
``routing``, ``load_balancer``, ``http``    where a request goes, what answers it, and the form of requests and answers
``terraform``               what ``terraform apply`` and ``terraform destroy`` do to a service
``account``                 services with made-up names
``record``                  what happened, and a readable trace
``wildcards``               the patterns of listener rules and policies

``local_aws`` puts moto and real HTTP around ``world``; ``tests.simulation`` puts checkers around ``simulation``.
"""
