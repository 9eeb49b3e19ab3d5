"""From an alert to its receivers: who gets it, how often, when, and what is remembered of it."""
