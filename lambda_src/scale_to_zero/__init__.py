"""ECS Scale-to-Zero: takes idle ECS services to zero tasks and brings them back.

The core (``model``, ``decide``, ``traffic``, ``readiness``) is pure: no boto3, clock or environment.
The shell (``tick``, ``wake``, ``uninstall``) observes and acts through ``ports``;
``aws`` implements the ports with boto3 and is the only package that imports it.
"""
