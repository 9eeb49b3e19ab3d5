"""Power cuts: what a disk has that loses what nobody waited for, and a daemon that is started from it.

The daemon is stopped for a moment (SIGSTOP), so that what is copied belongs to one instant. Then that is lost of the
copy which was not synced: frames of the database's log that no checkpoint took (sqlite.org/walformat.html, section 2.1,
has where that is told), and what stands in the trail behind the head that the store knows. The journal can lose more.
"""

from __future__ import annotations

import random
import shutil
import signal
import struct
import time

from tests.faults.endpoint import BAD_DAY, GOOD_DAY, Endpoint
from tests.faults.journal import Journal, Traffic
from tests.faults.monitor import a_service, found_in, in_trail, is_anything_queued
from tests.faults.promises import replayed, verified
from tests.harness.journals import an_entry, write_journal
from tests.harness.process import state
from tests.harness.waiting import PATIENCE_S

AFTERWARDS = "45.255.255.7"  # where the login after the cut comes from
NEXT_BOOT = "5c1de0f2a9b04c7d8e3f60718293a4b5"
_WAL_HEADER_BYTES, _FRAME_HEADER_BYTES = 32, 24
_BACKFILLED_AT, _ATTEMPTED_AT = 96, 128  # in the shared memory file, in the machine's own byte order


def run(folder, seed, cuts):
    """Cut the power so many times; return figures, and what was broken."""
    dice = random.Random(seed)
    figures = {
        "power cuts": cuts,
        "bytes of the store lost": 0,
        "bytes of the trail lost": 0,
        "alerts that the journal lost": 0,
    }
    broken = []
    with Endpoint(dice.random(), BAD_DAY) as endpoint:
        journal = Journal(folder / "journal", folder / "vacuumed", dice.random())
        service = a_service(folder / "daemon", journal.folder, {"hook": endpoint})
        service.start()
        try:
            with Traffic(journal, dice.random(), lambda: 0, lambda: len(journal.logins) - len(endpoint.taken())):
                for number in range(cuts):
                    time.sleep(0.2 + dice.random())
                    cut = Cut(folder / f"cut-{number}", dice)
                    cut.take(service, journal, endpoint)
                    for name, lost in cut.lost.items():
                        figures[name] += lost
                    broken += [f"cut {number}: {one}" for one in cut.live_on()]
        finally:
            service.close()
            journal.close()
    return figures, broken


class Cut:
    """One moment, in a folder of its own. `lost` tells how much is not there any more."""

    def __init__(self, folder, dice):
        self.folder, self.lost, self._dice = folder, {}, dice
        self._journal = folder / "machine" / "journal-after"

    def take(self, service, journal, endpoint):
        """Copy what the daemon and the journal have, and lose a part of it."""
        service.send(signal.SIGSTOP)
        try:
            _wait_until_stopped(service.pid)
            self._told = set(endpoint.taken())
            place = self.folder / "machine"
            place.mkdir(parents=True)
            for name in ("state", "logs"):
                _copied(service.folder / name, place / name)
        finally:
            service.send(signal.SIGCONT)
        head = found_in(place).head  # before anything is lost
        self.lost["bytes of the store lost"] = self._lose_of_the_store(place / "state")
        self.lost["bytes of the trail lost"] = self._lose_of_the_trail(place / "logs", head)
        journal.rotate()
        files = sorted(journal.folder.glob("archived-*.journal"))
        gone = self._dice.randrange(1, 3) if self._dice.random() < 0.4 and len(files) > 3 else 0
        self._journal.mkdir()
        for path in files[: len(files) - gone]:
            shutil.copy(path, self._journal)
        self.lost["alerts that the journal lost"] = (
            len(replayed(journal.folder)) - len(replayed(self._journal)) if gone else 0
        )

    def live_on(self):
        """Start a daemon from it, on what is left of the journal, and say what it does not keep."""
        with Endpoint(0, GOOD_DAY) as endpoint:
            service = a_service(self.folder / "machine", self._journal, {"hook": endpoint})
            try:
                service.start()
                time_us = time.time_ns() // 1000
                message = f"Accepted password for alice from {AFTERWARDS} port 1 ssh2"
                entry = an_entry(message, time_us=time_us, boot=NEXT_BOOT)
                fresh = write_journal(self.folder / "fresh.journal", [entry])
                fresh.rename(self._journal / "zzz.journal")
                truth = replayed(self._journal)
                wanted = truth.keys() - self._told
                arrived = _until(lambda: wanted <= endpoint.taken().keys() and not is_anything_queued(service.folder))
                service.stop()
            finally:
                service.close()
            missing = [truth[one] for one in wanted - endpoint.taken().keys()]
        broken = [] if arrived else [f"{len(missing)} of {len(wanted)} did not arrive: {missing[:3]}"]
        ports, _ = in_trail(service.folder)
        if len(ports) != len(set(ports)):
            broken.append("a login is in the trail twice")
        found = found_in(service.folder)
        if found.head != found.trail_head:
            broken.append(f"the store knows {found.head} as the trail's head, it is {found.trail_head}")
        return broken + verified(service.folder)

    def _lose_of_the_store(self, state):
        log, shared = state / "state.db-wal", state / "state.db-shm"
        if not log.exists() or log.stat().st_size < _WAL_HEADER_BYTES:
            return 0
        content, index = log.read_bytes(), shared.read_bytes()
        synced = max(struct.unpack_from("=I", index, at)[0] for at in (_BACKFILLED_AT, _ATTEMPTED_AT))
        (page_bytes,) = struct.unpack_from(">I", content, 8)
        return self._lose(log, _WAL_HEADER_BYTES + synced * (_FRAME_HEADER_BYTES + page_bytes))

    def _lose_of_the_trail(self, logs, head):
        newest = max(logs.glob("trail-*.jsonl"))
        content = newest.read_bytes()
        at = content.find(b'"hash":"%b"' % head.hash.encode()) if head is not None else -1
        return self._lose(newest, content.find(b"\n", max(at, 0)) + 1)

    def _lose(self, path, synced):
        """Cut a file anywhere behind what was synced; sometimes its length is there already, and zeros are in it."""
        content = path.read_bytes()
        kept = self._dice.randrange(synced, len(content) + 1)
        zeros = self._dice.choice((0, len(content) - kept))
        path.write_bytes(content[:kept] + bytes(zeros))
        return len(content) - kept


def _until(condition):
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def _copied(source, target):
    """Copy a folder. What compresses closed files is a process of its own, and may take one away meanwhile."""
    while True:
        try:
            shutil.copytree(source, target)
        except shutil.Error:
            shutil.rmtree(target)
        else:
            return


def _wait_until_stopped(pid):
    while state(pid) != "T":
        time.sleep(0.001)
