"""The trail: what happened, written down so that a later change of it shows."""
