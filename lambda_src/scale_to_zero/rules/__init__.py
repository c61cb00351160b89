"""Every rule, and every change of phase. Pure: nothing here calls, waits, or reads a clock."""
