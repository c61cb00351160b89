# The outputs of terraform-aws-modules/ecs that the documentation uses.

output "cluster_name" {
  value = "city-guided-cluster"
}

output "services" {
  value = { web = { name = "city-guided-service" } }
}
