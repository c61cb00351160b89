"""One life of the module, as Terraform deploys it."""
