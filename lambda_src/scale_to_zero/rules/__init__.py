"""Every rule, and every change of phase. Pure: no code here calls AWS, waits, or reads a clock."""
