"""Every port of the functions in memory, over a ``World``; the contract tests check that they do what the ports say."""
