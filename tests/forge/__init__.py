"""Forged lines: what every program would write of hostile names and commands, and what is true about each line."""
