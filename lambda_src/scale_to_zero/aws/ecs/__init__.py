"""Amazon ECS: services, their tasks and revisions."""
