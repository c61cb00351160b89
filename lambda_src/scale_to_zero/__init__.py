"""ECS Scale-to-Zero: takes idle ECS services to zero tasks and brings them back.

``handlers`` is where AWS Lambda enters, ``settings`` reads the environment, ``ports`` says what is needed of the world.
Everything else is in seven rooms, of which each imports only those below it; ``make check`` holds them to that:

``commands``, ``web``: what people, schedules and Terraform ask for; answers over HTTP.
``tick``: one run of the scale-to-zero function. ``aws``: the ports on AWS, the only room that imports botocore.
``actions``: one change in the world, and reporting it.
``rules``: every rule and every change of phase. Pure, as is ``model``: no boto3, clock or environment.
``model``: what is configured, observed, remembered and decided; the errors.
"""
