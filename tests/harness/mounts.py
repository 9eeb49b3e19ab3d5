"""Mounts that nobody else sees."""

from __future__ import annotations

import os

# What runs a program with mounts of its own; a user that is not root becomes root in there.
OWN_MOUNTS = ("unshare", "--mount", *(() if os.geteuid() == 0 else ("--user", "--map-root-user")))
