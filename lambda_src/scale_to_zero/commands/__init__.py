"""The requests of operators, schedules and Terraform: wake, sleep, hold, release, leave."""
