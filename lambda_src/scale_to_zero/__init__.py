"""ECS Scale-to-Zero: stops the tasks of idle ECS services and starts them again when they are needed.

AWS Lambda calls the functions in ``handlers``. ``settings`` reads the environment variables. ``ports`` declares what
the functions need from AWS. Everything else is in seven packages:

``commands``: what operators, schedules and Terraform request. It imports ``tick`` and the packages below it.
``web``: the answers to visitors, API clients and the dashboard. It imports ``actions`` and the packages below it.
``tick``: one run of the scale-to-zero function. It imports ``actions`` and the packages below it.
``actions``: one change in AWS, and reporting it. It imports ``rules``, ``ports`` and ``model``.
``rules``: every rule and every change of phase: no boto3, clock or environment. It imports ``model``.
``model``: what is configured, observed, saved and decided, and the errors. It imports no other package.
``aws``: the ports on AWS, the only package that imports botocore. It imports ``ports`` and ``model``.

``make check`` refuses any other import.
"""
