"""How many instructions the pipeline takes for an entry: `python -m tests.perf.instructions`.

Counted by valgrind's callgrind in a process of its own, so that neither the machine's speed nor other work on it
matters: two runs differ by less than one in a thousand. What a stage takes is given as a multiple of what REFERENCE
takes, plain Python of the same kind which is never changed: so another build of the interpreter changes both.
"""

from __future__ import annotations

import gc
import itertools
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

BATCH = 100
WARM_BATCHES = 5  # patterns are compiled, and memories filled, by the first lines
BATCHES = 5
REFERENCES = 1000
STAGES = ("reading", "understanding")

_LINE = "Failed password for invalid user admin from 203.0.113.9 port 50022 ssh2"
_PATTERN = re.compile(r"Failed password for (?:invalid user )?(.+) from (\S+) port (\d+) ssh2")


class Cost(NamedTuple):
    """Instructions for an entry, by stage."""

    reading: float
    understanding: float
    reference: float

    def in_references(self, stage):
        """Return what `stage` takes as a multiple of the reference: a figure that holds on other machines."""
        return getattr(self, stage) / self.reference


def measured():
    """Return the Cost in this interpreter and this checkout; FileNotFoundError without valgrind."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        make_journal(folder / "journal")
        counting = ["valgrind", "--tool=callgrind", "--dump-before=getpgid", f"--callgrind-out-file={folder}/counted"]
        work = [sys.executable, "-s", "-m", "tests.perf.instructions", str(folder / "journal")]
        environ = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONPYCACHEPREFIX": f"{folder}/compiled"}
        environ.pop("PYTHONDONTWRITEBYTECODE", None)
        for command in (work, [*counting, *work]):  # the first one compiles, which is slow in valgrind
            done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
        # The dump before each mark has what was done since the last one; the first is the start and the warming up.
        reading, understanding, plain = (instructions_in(folder / f"counted.{number}") for number in (2, 3, 4))
    return Cost(reading / (BATCH * BATCHES), understanding / (BATCH * BATCHES), plain / REFERENCES)


def make_journal(folder):
    from tests.harness.journals import write_journal
    from tests.perf.journal_maker import attack

    write_journal(folder / "attack.journal", itertools.islice(attack(), BATCH * (WARM_BATCHES + BATCHES)))


def instructions_in(dump):
    """Return the total of a file in callgrind's format."""
    return int(re.search(r"^totals: (\d+)$", dump.read_text(), re.MULTILINE)[1])


def run_stages(folder):
    """Do the work that is counted, with a mark before and after each stage."""
    from pamsignal.journal import JournalReader, Source
    from pamsignal.pipeline import Engine

    gc.freeze()
    gc.set_threshold(50_000, 20, 20)  # as the daemon does
    reader, engine = JournalReader(Source(directory=folder)), Engine()
    for _ in range(WARM_BATCHES):
        engine.feed_all(reader.read(BATCH))
    reference(REFERENCES)
    mark()
    batches = [reader.read(BATCH) for _ in range(BATCHES)]
    mark()
    for batch in batches:
        engine.feed_all(batch)
    mark()
    reference(REFERENCES)
    mark()
    assert engine.counts.records == BATCH * (WARM_BATCHES + BATCHES)


def mark():
    """Call the function of libc before which valgrind writes down its count; nothing else here calls it."""
    os.getpgid(0)


def reference(count):
    """Match, convert, look up and keep a line `count` times. Never change this: all budgets are multiples of it."""
    seen, kept = {}, []
    for number in range(count):
        user, address, port = _PATTERN.fullmatch(_LINE).groups()
        key = (user, address, int(port) + number % 100)
        seen[key] = seen.get(key, 0) + 1
        if seen[key] < 5:
            kept.append(f"{user.upper()} {address.split('.')[0]} {number}")
    return len(kept)


def main():
    if len(sys.argv) > 1:
        run_stages(sys.argv[1])
        return
    cost = measured()
    print(f"{'':>14} instructions an entry  in references of {cost.reference:,.0f}")
    for stage in STAGES:
        print(f"{stage:>14} {getattr(cost, stage):21,.0f} {cost.in_references(stage):14.2f}")


if __name__ == "__main__":
    main()
