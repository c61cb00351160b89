"""What people, schedules and Terraform ask for: wake, sleep, hold, release, leave."""
