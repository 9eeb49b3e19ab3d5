"""What the trail does on a small file system of its own: run by test_trail in a private mount namespace."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.edge.small_disk import fill_disk, remount
from tests.harness.trails import MINUTE_US, NOON_US, a_trail, damage_in, events, pids_in, records_in


def trouble(place, begin, end, advice):
    """Something makes the disk useless for a while."""
    trail = a_trail(place)
    for first in range(0, 100, 10):
        trail.append(NOON_US, events(first, 10), ())
    begin()
    for first in range(100, 400, 50):
        trail.append(NOON_US + MINUTE_US, events(first, 50), ())
    told = {"trouble": trail.trouble, "advice": advice}
    end()
    trail.append(NOON_US + 2 * MINUTE_US, events(400, 1), ())
    trail.close()
    return {**told, "trouble_after": trail.trouble, "pids": pids_in(place), "damage": damage_in(place), "written": 401}


def fill(directory):
    """Full, in the middle of a batch."""
    return trouble(directory, lambda: fill_disk(directory), Path(directory, "ballast").unlink, "free space")


def read_only(directory):
    """Read-only while it runs: what is open for writing keeps that, so the file is begun anew."""
    place = f"{directory}/logs"
    Path(place).mkdir()
    trail = a_trail(place)
    trail.append(NOON_US, events(0, 3), ())
    trail.close()
    remount(directory, "ro")
    trail = a_trail(place)
    trail.append(NOON_US, events(3, 3), ())
    told = {"trouble": trail.trouble, "advice": "writable"}
    remount(directory, "rw")
    trail.append(NOON_US + MINUTE_US, events(6, 1), ())
    trail.close()
    return {**told, "trouble_after": trail.trouble, "pids": pids_in(place), "damage": damage_in(place), "written": 7}


def floor(directory):
    """Far more than the disk holds, with a floor for what must stay free."""
    trail = a_trail(directory, rotate_bytes=16_000, kept={"min_free_bytes": 100_000})
    for first in range(2000):
        trail.append(NOON_US + first * MINUTE_US, events(first), ())
        trail.tend(NOON_US + first * MINUTE_US)
    trail.close()
    deleted = [record["deleted"] for record in records_in(directory) if "deleted" in record]
    return {
        "trouble": trail.trouble,
        "reasons": [one["reason"] for one in deleted],
        "pids": pids_in(directory),
        "damage": damage_in(directory),
        "written": 2000,
    }


SCENARIOS = {scenario.__name__: scenario for scenario in (fill, read_only, floor)}

if __name__ == "__main__":
    name, where = sys.argv[1:]
    print(json.dumps(SCENARIOS[name](where)))
