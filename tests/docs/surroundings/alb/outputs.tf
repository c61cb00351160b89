# The outputs of terraform-aws-modules/alb that the documentation uses.

output "arn" {
  value = "arn:aws:elasticloadbalancing:eu-west-3:123456789012:loadbalancer/app/city-guided/50dc6c495c0c9188"
}

output "target_groups" {
  value = { web = { arn = "arn:aws:elasticloadbalancing:eu-west-3:123456789012:targetgroup/web/73e2d6bc24d8a067" } }
}
