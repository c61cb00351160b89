"""What a person sees, in the machine's own Chromium."""
