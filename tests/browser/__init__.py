"""What a person sees, in the machine's Chromium."""
