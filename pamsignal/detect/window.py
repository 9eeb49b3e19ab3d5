"""Sliding windows with bounded memory: how much happened for one key in the last so many seconds."""
