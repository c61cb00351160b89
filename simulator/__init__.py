"""The functions of the module over a model of AWS, in virtual time: pure and seeded, without moto, boto3 or a network.

    service = woken_by_requests(a_service("web"))
    with Simulation(seed=1) as sim:
        sim.add_service(service)
        sim.advance(timedelta(days=1))
        sim.after(timedelta(0), lambda: sim.load_balancer.send(service, by_program(service)))
        sim.advance(timedelta(minutes=5))
        sim.record.changes[service.name]        # when its desired count changed, and by whom

One seed, and the same steps, give one history. Nothing here reads a clock, the environment or a file.

``simulation``              services, their functions, and what people do to them; ``observer``: what it shows of itself
``world``                   the parts of AWS that move: tasks, targets, metrics, listener rules, schedules
``ports``                   every port of the functions in memory, over a world
``turns``                   runs that overlap, in virtual time
``runs``, ``calls``         one run and its calls: each takes its time, can fail, and is cut off at the run's time limit
``routing``, ``load_balancer``, ``http``    where a request goes, what answers it, and how requests and answers read
``terraform``               what ``terraform apply`` and ``terraform destroy`` do to a service
``account``                 services with made-up names
``record``                  what happened, and a trace for people
``wildcards``               patterns as listener rules and policies have them

``local_aws`` puts moto and real HTTP around ``world``; ``tests.simulation`` puts judges around ``simulation``.
"""
