"""The control panel: its HTML, its buttons and its words."""
