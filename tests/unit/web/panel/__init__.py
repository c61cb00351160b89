"""The control panel, as a table of its words."""
