"""What only the daemon can tell of itself, by what it really meets: no journal, no answer, a damaged database, a clock."""

from __future__ import annotations

import pytest

from pamsignal.config.load import defaults
from pamsignal.daemon import own_sight
from pamsignal.daemon.own_sight import BOOT_US, CLOCK_STEP_US, JOURNAL_PATIENCE_US, SINK_PATIENCE_US, OwnSight
from pamsignal.daemon.report import Watched
from pamsignal.deliver import heartbeat
from pamsignal.deliver.store import open_store
from pamsignal.enrich import REFRESH_US, Enricher, Settings, geo, provider
from pamsignal.enrich.place import DAY_US, OLD_DAYS
from pamsignal.journal import JournalReader, Source
from pamsignal.runtime.log import Log
from pamsignal.runtime.loop import realtime_us
from pamsignal.secret import Secret
from tests.harness.databases import write_cities
from tests.harness.journals import an_entry, write_journal
from tests.harness.receiver import Receiver, Reply
from tests.harness.waiting import until

MINUTE_US = 60_000_000
START_US, UP_US = realtime_us(), 2 * BOOT_US
NO_CLOUD = provider.Settings(None)
SILENT = heartbeat.build(heartbeat.Settings(), lambda: None)


class Host:
    """A host whose journal, database and clock a test can spoil. Only the clock is made up: nobody may set this one's."""

    def __init__(self, folder, monkeypatch):
        self.journal = folder / "journal"
        self.journal.mkdir()
        self.write_journal()
        self.database = folder / "cities.mmdb"
        write_cities(self.database)
        self.up_us = UP_US
        monkeypatch.setattr(own_sight, "since_boot_us", lambda: self.up_us)
        self._set_by_us = 0
        self._sight = OwnSight(Log())
        self._store = open_store(str(folder / "state.sqlite3"))
        self._reader = JournalReader(Source(directory=str(self.journal)))
        self._enricher = Enricher(Settings(geo.Settings(str(self.database), None), NO_CLOUD), str(folder))

    def write_journal(self):
        write_journal(self.journal / "a.journal", [an_entry("Server listening on :: port 22.")])

    def set_clock(self, by_us):
        self._set_by_us += by_us

    def told(self, after_us=0, beats=SILENT):
        """Look so long after the last time; return the rules that are told, and whether each is over."""
        self.up_us += after_us
        now_us = START_US + self.up_us - UP_US + self._set_by_us
        self._reader.read(10)
        self._enricher.look(now_us)
        self._sight.look(now_us, Watched(self._reader, self._store, None, self._enricher, defaults()), beats)
        return [(alarm.rule, alarm.subject.over) for alarm in self._sight.take_alarms()]


@pytest.fixture
def host(tmp_path, monkeypatch):
    return Host(tmp_path, monkeypatch)


def test_where_all_is_well_nothing_is_told(host):
    assert host.told() == host.told(DAY_US) == []


def test_a_journal_that_is_gone_is_told_after_a_minute_and_its_return_at_once(host):
    host.told()
    (host.journal / "a.journal").unlink()
    assert host.told(MINUTE_US) == host.told(JOURNAL_PATIENCE_US - 1) == []
    assert host.told(1) == [("journal_unreadable", False)]
    assert host.told(DAY_US) == []
    host.write_journal()
    assert host.told(MINUTE_US) == [("journal_unreadable", True)]


def test_a_heartbeat_that_nobody_answers_well_is_told_after_a_quarter_of_an_hour(host, authority, ca_file):
    with Receiver(Reply(500), Reply(500), certificate=authority.issue_cert("127.0.0.1")) as switch:
        beats = heartbeat.build(heartbeat.Settings(Secret(switch.url()), 300, ca_file), lambda: None)
        told = host.told(0, beats)
        answered(host, switch, 1, beats)
        assert told == host.told(SINK_PATIENCE_US - 1, beats) == []
        answered(host, switch, 2, beats)
        assert host.told(1, beats) == [("heartbeat_unheard", False)]
        host.told(SINK_PATIENCE_US, beats)
        assert answered(host, switch, 3, beats) == [("heartbeat_unheard", True)]


def answered(host, switch, number, beats):
    """What is told while the beat of that number is on its way and its answer back."""
    told = []

    def has_come():
        told.extend(host.told(0, beats))
        return len(switch.requests) >= number and not beats._courier.is_busy

    until(has_come)
    return told + host.told(0, beats)


def test_a_damaged_database_is_told_and_its_repair(host):
    host.told()
    host.database.with_name("new").write_bytes(b"no database")
    host.database.with_name("new").rename(host.database)
    assert host.told(REFRESH_US) == [("geoip_trouble", False)]
    write_cities(host.database)
    assert host.told(REFRESH_US) == [("geoip_trouble", True)]


def test_an_old_database_is_told(host):
    assert host.told((OLD_DAYS - 1) * DAY_US) == []
    assert host.told(2 * DAY_US) == [("geoip_trouble", False)]


@pytest.mark.parametrize("by_us", [CLOCK_STEP_US, -CLOCK_STEP_US])
def test_a_clock_that_is_set_is_told_once(host, by_us):
    host.told()
    host.set_clock(by_us)
    assert host.told(MINUTE_US) == [("clock_set", False)]
    assert host.told(MINUTE_US) == []


def test_a_clock_that_is_disciplined_or_set_while_the_host_boots_is_not(host):
    host.told()
    host.set_clock(CLOCK_STEP_US - 1)
    assert host.told(MINUTE_US) == []
    host.up_us = 0
    host.told()
    host.set_clock(DAY_US)
    assert host.told(BOOT_US) == []
