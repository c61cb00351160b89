"""ECS Scale-to-Zero: takes idle ECS services to zero tasks and brings them back.

``handlers`` is where AWS Lambda enters. ``settings`` reads the environment variables, ``ports`` says what is needed
of the world. Everything else is in seven packages:

``commands``: what operators, schedules and Terraform request. It imports ``tick`` and what is below.
``web``: the answers to visitors, callers of the API and the dashboard. It imports ``actions`` and what is below.
``tick``: one run of the scale-to-zero function. It imports ``actions`` and what is below.
``actions``: one change in the world, and reporting it. It imports ``rules``, ``ports`` and ``model``.
``rules``: every rule and every change of phase: no boto3, clock or environment. It imports ``model``.
``model``: what is configured, observed, saved and decided; the errors. It imports no other package.
``aws``: the ports on AWS, the only package that imports botocore. It imports ``ports`` and ``model``.

``make check`` refuses any other import.
"""
