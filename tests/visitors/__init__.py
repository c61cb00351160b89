"""Programs that visit a sleeping service over real HTTP; none of them was written here."""
