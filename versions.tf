terraform {
  # Older releases are not tested.
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source = "hashicorp/aws"
      # 5.100 to the end of 6.x. The module needs no other provider, and configures none.
      version = ">= 5.100, < 7.0"
    }
  }
}
