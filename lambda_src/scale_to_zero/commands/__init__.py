"""What operators, schedules and Terraform request: wake, sleep, hold, release, leave."""
