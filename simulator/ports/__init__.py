"""Every port of the functions in memory, over a ``World``. The contract tests check that they follow the protocols."""
