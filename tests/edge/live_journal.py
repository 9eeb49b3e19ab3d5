"""Reads the live journal among files that others put beside it: run by test_lookout in a mount namespace of its own."""

from __future__ import annotations

import json
import os
from pathlib import Path

from pamsignal.journal import JournalReader
from pamsignal.journal.source import LIVE, folders_of, journal_files
from tests.builders import MACHINE
from tests.harness.journals import an_entry, write_journal

PERSISTENT, VOLATILE = Path("/var/log/journal"), Path("/run/log/journal")
OTHER = "0" * 31 + "1"
REFUSED = b"LPKSHHRH".ljust(104, b"\0")  # as short as a header can be, and libsystemd wants more of it


def main():
    """Print what is read, and how, while there are a pipe and a new file of no use in every folder."""
    for first, folder in enumerate((PERSISTENT / MACHINE, VOLATILE / MACHINE, VOLATILE / OTHER)):
        write_journal(folder / "system.journal", [an_entry(folder.as_posix(), after_s=first)])
    foreign = [PERSISTENT / name for name in ("remote", OTHER, f"{MACHINE}.namespace")]
    for folder in foreign:
        folder.mkdir()
        os.mkfifo(folder / "pipe.journal")
    os.mkfifo(PERSISTENT / MACHINE / "pipe.journal")
    reader, messages = JournalReader(), []
    for turn in range(3):
        for folder in foreign:
            (folder / f"{turn}.journal").write_bytes(REFUSED)
        messages += [record.message for record in reader.read(1)]
    looked_into = {Path(path).parent for path in journal_files(LIVE)}
    told = {"messages": messages, "reopened": reader.reopened, "problem": reader.problem}
    told |= {"folders": folders_of(LIVE), "foreign": sorted(map(str, looked_into.intersection(foreign)))}
    print(json.dumps(told))


if __name__ == "__main__":
    main()
