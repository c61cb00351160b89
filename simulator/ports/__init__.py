"""Every port of the functions in memory, over a ``World``; the contract tests hold them to what the ports say."""
