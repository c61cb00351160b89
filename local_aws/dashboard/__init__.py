"""The dashboard as CloudWatch shows it: its body is checked, its graphs are evaluated, and one picture is drawn."""

from __future__ import annotations

from local_aws.dashboard.check import DashboardRefused
from local_aws.dashboard.picture import draw
from local_aws.dashboard.values import Line, WidgetValues, widget_values

__all__ = ["DashboardRefused", "Line", "WidgetValues", "draw", "widget_values"]
