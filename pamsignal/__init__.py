"""pamsignal: hear about every login on this host, once, and truthfully."""

__version__ = "0.1.0"
