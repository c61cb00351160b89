"""Third-party programs that send requests to a sleeping service over real HTTP."""
