"""The control panel: the dashboard's custom widget, a table of the services with buttons.

CloudWatch runs the function with the viewer's own credentials and shows the HTML that the function returns. Which HTML
it allows, and what a button sends: CloudWatch User Guide, "Details about custom widgets in CloudWatch", "Interactivity
in the custom widget in CloudWatch" and "Security and JavaScript for custom CloudWatch widgets".
"""

from __future__ import annotations

from .answering import show_panel
from .buttons import USUAL_HOLD

__all__ = ["USUAL_HOLD", "show_panel"]
