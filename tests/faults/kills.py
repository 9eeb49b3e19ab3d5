"""SIGKILL at random moments, while the journal goes on, rotates and is vacuumed, and one of two endpoints has a bad day."""

from __future__ import annotations

import random
import time
from collections import Counter
from typing import NamedTuple

from tests.faults.endpoint import BAD_DAY, GOOD_DAY, Endpoint
from tests.faults.journal import Journal, Traffic
from tests.faults.monitor import a_service, found_in, is_anything_queued
from tests.faults.promises import at_a_death, at_the_end
from tests.harness.waiting import PATIENCE_S

MOST_BETWEEN = 120
LONGEST_MOMENT_S = 0.3
LONGEST_LIFE_S = 30  # however few alerts there were


class Outcome(NamedTuple):
    """What a run was, and what was broken in it."""

    figures: dict
    hits: Counter
    broken: list


def run(folder, seed, kills, pause_s=0.15, between=MOST_BETWEEN):
    """Kill a daemon so many times, let it come to its end, and hold what arrived against what was written.

    `pause_s` lies between two bursts in the journal, on the average. A life that was not ended at its start lasts until up to `between`
    further alerts were taken, and a moment more.
    """
    dice = random.Random(seed)
    with Endpoint(dice.random(), BAD_DAY) as moody, Endpoint(dice.random(), GOOD_DAY) as steady:
        journal = Journal(folder / "journal", folder / "vacuumed", dice.random())
        service = a_service(folder / "daemon", journal.folder, {"moody": moody, "steady": steady})
        endpoints = {"moody": moody, "steady": steady}
        service.start()
        deaths = Deaths(service, journal, endpoints)
        try:
            with Traffic(journal, dice.random(), deaths.read_until_us, deaths.waiting, pause_s):
                for _ in range(kills):
                    deaths.next(dice, between)
            journal.close()
            service.until(service.is_ready)
            arrived = all_arrived(service, journal, endpoints)
            ended = service.stop()
        finally:
            service.close()
        broken = deaths.broken + ([] if arrived else ["not everything arrived in time"])
        broken += [] if ended == 0 else [f"the daemon ended with {ended}"]
        figures, more = at_the_end(service.folder, journal, endpoints, folder / "everything", kills)
    return Outcome({"kills": kills, **figures}, deaths.hits, broken + more)


class Deaths:
    """Kills the daemon and starts it again; `hits` counts where it was, `broken` has what did not agree afterwards."""

    def __init__(self, service, journal, endpoints):
        self.hits, self.broken = Counter(), []
        self._service, self._journal, self._endpoints = service, journal, endpoints
        self._until_us = 0
        self._start_s = 0.5

    def read_until_us(self):
        return self._until_us

    def waiting(self):
        """How many logins the endpoint with the bad day has not taken yet."""
        return len(self._journal.logins) - len(self._endpoints["moody"].taken())

    def next(self, dice, between):
        """Kill it: one time in four while it starts, else in the life that follows."""
        service = self._service
        if dice.random() < 0.25:
            time.sleep(dice.random() * self._start_s)
        else:
            began = time.monotonic()
            service.until(service.is_ready)
            self._start_s = max(0.2, min(time.monotonic() - began, 2))
            self._wait_for(dice.randrange(between))
            time.sleep(dice.random() * LONGEST_MOMENT_S)
        assert service.is_running(), f"it ended by itself:\n{service.log()[-2000:]}"
        was_ready = service.is_ready()
        service.kill()
        found = found_in(service.folder)
        self._until_us = max(self._until_us, found.until_us)
        self.hits[self._place(found, was_ready)] += 1
        self.broken += at_a_death(service.folder, self._journal, found)
        service.start(ready=False)

    def _wait_for(self, alerts):
        taken = self._endpoints["moody"].taken
        enough, began = len(taken()) + alerts, time.monotonic()
        while len(taken()) < enough and time.monotonic() - began < LONGEST_LIFE_S:
            time.sleep(0.02)

    def _place(self, found, was_ready):
        """Where it was, as far as what lies there tells."""
        taken = {name: one.taken() for name, one in self._endpoints.items()}
        if not was_ready:
            return "starting"
        if "torn" in found.damage:
            return "writing into the trail"
        if found.trail_head.seq > (found.head.seq if found.head else 0):
            return "the trail written, the store not yet"
        if any(queued & taken[name].keys() for name, queued in found.queued.items()):
            return "an alert taken, that not written down yet"
        return "deliveries waiting" if any(found.queued.values()) else "all done"


def all_arrived(service, journal, endpoints):
    """Wait until everybody has everything, and the store knows it."""
    wanted, came, news_at = {port for _, port in journal.logins}, 0, time.monotonic()
    while time.monotonic() - news_at < PATIENCE_S:  # without any news
        missing = [wanted - ports_of(one) for one in endpoints.values()]
        if not any(missing) and not is_anything_queued(service.folder):
            return True
        before, came = came, sum(len(one.attempts) for one in endpoints.values())
        news_at = time.monotonic() if came != before else news_at
        time.sleep(0.3)
    return False


def ports_of(endpoint):
    """The logins that an endpoint has taken."""
    return {one["source"]["port"] for one in endpoint.taken().values() if one["rule"]["name"] == "login_success"}
