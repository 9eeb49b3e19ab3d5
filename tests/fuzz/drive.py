"""Runs targets: guided by coverage where atheris can be had, else by a seeded dice, and says which."""

from __future__ import annotations

import os
import random
import sys
import time
import traceback
from importlib.util import find_spec
from typing import List

from tests.fuzz.corpus import CORPUS, FOUND, saved, target_named
from tests.fuzz.mutate import mutated


def guided() -> bool:
    """Say whether atheris is here: it has no wheel for every Python and processor (pyproject.toml)."""
    return find_spec("atheris") is not None


def import_all(names: List[str], *, instrumented: bool) -> None:
    """Import the targets, with what they try made to tell where it goes."""
    if not instrumented:
        for name in names:
            target_named(name)
        return
    import atheris

    with atheris.instrument_imports(include=["pamsignal"], enable_loader_override=False):
        for name in names:
            target_named(name)


def run(name: str, seconds: int, seed: int, *, instrumented: bool) -> bool:
    """Run one target in a process of its own, so that none can end another; say whether it went well."""
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        _end(_guided_run(name, seconds, seed) if instrumented else _unguided_run(name, seconds, seed))
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status) == 0


def _end(code: int) -> None:
    sys.stdout.flush()
    sys.exit(code)


def _guided_run(name: str, seconds: int, seed: int) -> int:
    import atheris

    found = FOUND / name
    found.mkdir(parents=True, exist_ok=True)
    options = [
        *("-max_len=20000", "-timeout=20", "-rss_limit_mb=2048", "-print_final_stats=1", "-len_control=0"),
        *(f"-max_total_time={seconds}", f"-seed={seed}", f"-artifact_prefix={found}-failed-"),
    ]
    atheris.Setup([name, *options, str(found), str(CORPUS / name)], target_named(name))
    atheris.Fuzz()
    return 0


def _unguided_run(name: str, seconds: int, seed: int) -> int:
    target, inputs, dice = target_named(name), saved(name), random.Random(seed)
    until, count = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        data = mutated(dice, inputs)
        try:
            target(data)
        except Exception:  # noqa: BLE001 - whatever it is, the input is kept
            FOUND.mkdir(parents=True, exist_ok=True)
            kept = FOUND / f"{name}-failed-{count}"
            kept.write_bytes(data)
            traceback.print_exc()
            print(f"{name}: the input is {kept}")
            return 1
        count += 1
    print(f"{name}: {count} inputs")
    return 0
