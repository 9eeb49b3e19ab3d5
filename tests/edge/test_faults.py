"""The harness of tests/faults, short: a dozen deaths, broken calls, power cuts. `make faults` is the whole of it."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace

import pytest

from pamsignal.audit.files import files_in
from tests.faults import errors, kills, power
from tests.faults.endpoint import Attempt
from tests.faults.errors import STORE, TRAIL, Fault
from tests.faults.promises import deliveries, what_of
from tests.harness.checkout import PROJECT
from tests.harness.programs import program
from tests.harness.trails import damage_in, newest, pids_in, written

SEED = 20261128  # the same each time, so that a run fails for what was changed; `make faults` looks for more


def test_killed_at_any_moment_with_a_moody_endpoint_it_keeps_every_promise(tmp_path):
    outcome = kills.run(tmp_path, SEED, 12, between=6)
    assert outcome.broken == []
    assert sum(outcome.hits.values()) == 12


# In one daemon, one after the other: each has to be over before the next one comes.
SOME = (
    Fault("write", "ENOSPC", TRAIL),
    Fault("fdatasync", "EIO", TRAIL),
    Fault("pwrite64", "EIO", STORE),
    Fault("pread64", "EIO", STORE, "1+2"),
    Fault("write,pwrite64,pread64,read,fdatasync,poll,recvfrom,sendto", "EINTR", None, "1+2"),
    Fault("openat", "EMFILE"),
)


def test_calls_that_fail_for_a_while_cost_no_alert(tmp_path):
    figures, broken = errors.run(tmp_path, SEED, len(SOME), SOME)
    assert broken == []
    assert figures["told"] == "store_trouble trail_trouble"


def test_after_a_power_cut_everything_is_sent_and_the_trail_is_whole(tmp_path):
    figures, broken = power.run(tmp_path, SEED, 3)
    assert broken == []
    assert figures["power cuts"] == 3


ROTATE = """
import sys
from tests.harness.trails import MINUTE_US, NOON_US, a_trail, events
trail = a_trail(sys.argv[1], rotate_bytes=1)
for number in range(6):
    trail.append(NOON_US + number * MINUTE_US, events(number), ())
    trail.tend(NOON_US + number * MINUTE_US)
    print(trail.trouble)
"""


def test_a_file_of_the_trail_that_was_begun_in_spite_of_an_error_is_gone_on_with(tmp_path):
    """Its name could not be synced: it is there, and the file before it must not get the same numbers."""
    trace = ["--output=/dev/null", f"--trace-path={tmp_path}", "--inject=fsync:error=EIO:when=3"]
    command = [program("strace"), *trace, sys.executable, "-c", ROTATE, str(tmp_path)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    assert ["Input/output error" in line for line in done.stdout.splitlines()] == [False, True, *[False] * 4]
    assert damage_in(tmp_path) == []
    assert pids_in(tmp_path) == list(range(6))


OPEN = """
import sys
from pamsignal.audit.trail import RETRY_US
from tests.harness.trails import NOON_US, a_trail, events
trail = a_trail(sys.argv[1])
for late_us in (0, RETRY_US, 2 * RETRY_US):
    trail.append(NOON_US + late_us, events(2, 2) if not late_us else (), ())
    trail.tend(NOON_US + late_us)
    print(trail.trouble)
"""


@pytest.mark.parametrize(("call", "when"), [("openat", 1), ("read", 1), ("openat", 3), ("openat", 4), ("ftruncate", 1)])
def test_a_file_of_the_trail_that_the_disk_cannot_read_is_no_damage_and_gone_on_with_later(tmp_path, call, when):
    """The third opening looks how far back it has to be read, the fourth for what is known already; the torn end is taken away."""
    written(tmp_path, 0, 3)
    file = newest(tmp_path)
    with file.open("ab") as stream:
        stream.write(b'{"event":')
    trace = ["--output=/dev/null", f"--trace-path={file}", f"--inject={call}:error=EIO:when={when}"]
    command = [program("strace"), *trace, sys.executable, "-c", OPEN, str(tmp_path)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    first, *later = done.stdout.splitlines()
    assert "Input/output error: see whether its disk is well" in first
    assert first.startswith(str(tmp_path if call == "ftruncate" else file))
    assert later == ["None", "None"]
    assert damage_in(tmp_path) == []
    assert pids_in(tmp_path) == [0, 1, 2, 3]


def test_an_older_file_of_the_trail_that_cannot_be_read_keeps_nothing_from_being_written(tmp_path):
    """The newest begins with when the older one ends, so both are looked at for what is known already."""
    written(tmp_path, 0, 3, rotate_bytes=1)
    older = files_in(str(tmp_path))[-2]
    trace = ["--output=/dev/null", f"--trace-path={older.path}", "--inject=openat:error=EIO"]
    command = [program("strace"), *trace, sys.executable, "-c", OPEN, str(tmp_path)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["None"] * 3
    assert damage_in(tmp_path) == []
    assert sorted({*pids_in(tmp_path)}) == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("ports", "said"),
    [([1, 2], []), ([1], ["did not arrive"]), ([1, 2, 2], ["repeats"]), ([1, 2, -2], ["under several ids"])],
    ids=["all", "one lost", "one doubled", "one under another id"],
)
def test_the_harness_notices_what_it_is_for(ports, said):
    truth = {str(port): what_of(a_document(port)) for port in (1, 2)}
    endpoint = SimpleNamespace(attempts=[Attempt(a_document(port)) for port in ports])
    for attempt in endpoint.attempts:
        attempt.answered = 0.0
    _, broken = deliveries("hook", endpoint, truth, 0)
    assert [words for words in said if words in "".join(broken)] == said
    assert len(broken) == len(said)


def a_document(number):
    """A login from a port; a negative one is the same login under another id."""
    source = {"ip": "203.0.113.9", "port": abs(number)}
    return {"event": {"id": str(number)}, "rule": {"name": "login_success"}, "source": source}
