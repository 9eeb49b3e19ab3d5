"""What holds for all tests, so that none of them depends on who started them, or on how busy the machine is."""

from __future__ import annotations

import signal

from hypothesis import HealthCheck, settings

# Whoever starts a run in the background of a shell has it ignore Ctrl-C, and all that it starts with it: programs that
# tests interrupt would go on for ever.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# No example has to come in time, and each run has the same ones: what fails, fails for everybody.
# `--hypothesis-profile=default` looks for others.
settings.register_profile("repeatable", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("repeatable")
