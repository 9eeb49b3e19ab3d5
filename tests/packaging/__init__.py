"""What the packages install: the unit file, modes, man pages."""
