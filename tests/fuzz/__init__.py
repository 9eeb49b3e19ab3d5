"""Hostile bytes for what reads bytes of others; each target states what has to be true whatever they are."""
