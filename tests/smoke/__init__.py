"""One life of the module: what Terraform wires up is what runs."""
