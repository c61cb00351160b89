"""The data plane of Application Load Balancers: real HTTP on loopback, by the rules that apply at that moment."""

from __future__ import annotations

from .lambda_targets import Returned
from .load_balancers import LoadBalancers

__all__ = ["LoadBalancers", "Returned"]
