"""Alerts and events as text or documents. Pure: every escaping rule is here, and no network."""
