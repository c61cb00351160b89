"""The dashboard as CloudWatch would show it: its body checked, its graphs evaluated, all of it drawn as one picture."""

from __future__ import annotations

from local_aws.dashboard.check import DashboardRefused
from local_aws.dashboard.picture import draw
from local_aws.dashboard.values import Line, WidgetValues, widget_values

__all__ = ["DashboardRefused", "Line", "WidgetValues", "draw", "widget_values"]
