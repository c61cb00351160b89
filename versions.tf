terraform {
  # Older releases are not tested.
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source = "hashicorp/aws"
      # 5.100 to the end of 6.x; no other provider is needed, and none is configured here.
      version = ">= 5.100, < 7.0"
    }
  }
}
