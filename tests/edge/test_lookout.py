"""Files that libsystemd does not open: which are looked for, and how much they can hold up."""

from __future__ import annotations

import json
import subprocess
import sys

from pamsignal.journal import JournalReader, Source
from tests.builders import MACHINE
from tests.edge.live_journal import OTHER, REFUSED
from tests.harness.checkout import PROJECT
from tests.harness.journals import an_entry, write_journal
from tests.harness.mounts import OWN_MOUNTS
from tests.harness.waiting import PATIENCE_S


def a_reader(path):
    return JournalReader(Source(directory=str(path)))


def messages(reader, limit):
    return [record.message for record in reader.read(limit)]


def test_in_the_live_journal_only_what_is_this_machines_is_looked_into_and_no_pipe_is_waited_for(tmp_path):
    (tmp_path / "machine-id").write_text(f"{MACHINE}\n")
    places = "mount -t tmpfs tmpfs /var/log && mount -t tmpfs tmpfs /run && mkdir -p /var/log/journal /run/log/journal"
    script = f'{places} && mount --bind "{tmp_path}/machine-id" /etc/machine-id && exec "{sys.executable}" -m tests.edge.live_journal'
    done = subprocess.run(
        [*OWN_MOUNTS, "sh", "-c", script], cwd=PROJECT, capture_output=True, text=True, check=False, timeout=PATIENCE_S
    )
    assert done.returncode == 0, done.stderr
    of_this_machine = [f"{root}/journal/{MACHINE}" for root in ("/var/log", "/run/log")]
    read = [*of_this_machine, f"/run/log/journal/{OTHER}"]
    told = json.loads(done.stdout)
    assert (told["messages"], told["reopened"], told["problem"], told["foreign"]) == (read, 0, None, [])
    assert set(told["folders"]) == {"/run/log/journal", "/var/log/journal", *read}


def test_a_folder_that_is_named_like_no_id_is_neither_read_nor_looked_into(tmp_path):
    for folder in ("remote", f"{MACHINE}.namespace", "x" * 32):
        write_journal(tmp_path / folder / "a.journal", [an_entry("not ours")])
    reader = a_reader(tmp_path)
    (tmp_path / "remote" / "b.journal").write_bytes(REFUSED)
    assert (messages(reader, 9), reader.problem, reader.has_files()) == ([], None, False)


def test_whoever_makes_files_of_no_use_all_the_time_does_not_hold_up_every_read(tmp_path):
    write_journal(tmp_path / "a.journal", [an_entry(str(n), after_s=n) for n in range(50)])
    reader, read, held = a_reader(tmp_path), [], []
    for turn in range(60):
        (tmp_path / f"{turn}-x.journal").write_bytes(REFUSED)
        read += messages(reader, 1)
        held.append(reader.problem is not None)
    assert read == [str(n) for n in range(50)]
    assert True in held
    assert (True, True) not in set(zip(held, held[1:]))
    assert sum(held) <= 60 // 10


def test_of_many_files_three_are_named(tmp_path):
    write_journal(tmp_path / "a.journal", [an_entry()])
    reader = a_reader(tmp_path)
    for number in range(40):
        (tmp_path / f"{number}-x.journal").write_bytes(REFUSED)
    messages(reader, 1)
    assert reader.problem.count("-x.journal") == 3
    assert reader.problem.endswith(" and 37 more: could not be opened")
