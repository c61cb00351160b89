"""The parts of AWS that move, in virtual time: pure and seeded, without moto, boto3 or the process's environment.

``world``       services, tasks, targets, metrics and rules as they move by themselves
``wildcards``   patterns as listener rules and policies have them
"""
