"""ECS Scale-to-Zero: takes idle ECS services to zero tasks and brings them back.

``handlers`` is where AWS Lambda enters. ``settings`` says what the environment variables mean, ``ports`` what is needed
of the world. Everything else is in seven rooms:

``commands``: what people, schedules and Terraform ask for. It imports ``tick`` and what is below.
``web``: what visitors, callers of the API and the dashboard are answered. It imports ``actions`` and what is below.
``tick``: one run of the scale-to-zero function. It imports ``actions`` and what is below.
``actions``: one change in the world, and reporting it. It imports ``rules``, ``ports`` and ``model``.
``rules``: every rule and every change of phase: no boto3, clock or environment. It imports ``model``.
``model``: what is configured, observed, remembered and decided; the errors. It imports no other room.
``aws``: the ports on AWS, the only room that imports botocore. It imports ``ports`` and ``model``.

``make check`` refuses any other import.
"""
