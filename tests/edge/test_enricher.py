"""All that is looked up about an event, together, on a host made of files."""

from __future__ import annotations

import shutil
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pamsignal.enrich import FRESH_US, REFRESH_US, Enricher, Settings, geo, provider
from pamsignal.model import NO_CONTEXT, AuthEvent, Context, Endpoint
from pamsignal.terms import Action, Origin
from tests.builders import NOON_US, a_login, an_endpoint, an_event
from tests.edge.test_sockets import CAPTURED
from tests.harness.databases import QUITO, write_cities, write_networks

DAY_US = 86_400_000_000
REACHED = an_endpoint("203.0.113.5", 22)
NOTHING = Settings(geo.Settings(None, None), provider.Settings(None))


@pytest.fixture
def root(tmp_path):
    """A host with two databases, the captured connections, and Hetzner's firmware."""
    shutil.copytree(CAPTURED, tmp_path / "proc/self/net")
    write_cities(tmp_path / "var/lib/GeoIP/GeoLite2-City.mmdb")
    write_networks(tmp_path / "var/lib/GeoIP/GeoLite2-ASN.mmdb")
    dmi = tmp_path / "sys/class/dmi/id"
    dmi.mkdir(parents=True)
    (dmi / "sys_vendor").write_text("Hetzner\n")
    return tmp_path


@pytest.fixture
def enricher(root):
    made = Enricher(Settings(), str(root))
    made.look(NOON_US)
    return made


def test_a_login_has_its_place_its_destination_and_the_cloud(enricher):
    assert enricher.context_of(a_login()) == Context(
        country="DE",
        city="Berlin",
        asn=64496,
        org="Example Net",
        provider="hetzner",
        destination=REACHED,
        continent="EU",
        latitude_microdegrees=52_519_600,
        longitude_microdegrees=13_406_900,
        radius_km=200,
        origin=Origin.REMOTE,
    )


def test_an_event_that_names_its_destination_is_given_no_other(enricher):
    assert enricher.context_of(a_login(destination=an_endpoint("192.0.2.1", 22))).destination is None


@pytest.mark.parametrize("action", [Action.LOGIN_FAILURE, Action.CONNECTION_CLOSED, Action.INVALID_USER])
def test_what_is_no_login_reads_no_table_of_connections(enricher, root, action):
    shutil.rmtree(root / "proc/self/net")
    assert enricher.context_of(an_event(action=action)).destination is None
    assert enricher._sockets._tables == {}


def test_the_end_of_a_session_has_the_destination_of_its_login(enricher, root):
    enricher.context_of(a_login())
    (root / "proc/self/net/tcp").write_bytes(b"")
    enricher.look(NOON_US + DAY_US)
    ending = a_login(action=Action.SESSION_CLOSED, time_us=NOON_US + DAY_US)
    assert enricher.context_of(ending).destination == REACHED
    assert enricher.context_of(ending._replace(source=an_endpoint(port=50026))).destination is None


def test_a_login_that_nothing_was_found_for_takes_over_nothing_from_the_one_before(enricher, root):
    enricher.context_of(a_login())
    (root / "proc/self/net/tcp").write_bytes(b"")
    later = NOON_US + DAY_US
    enricher.look(later)
    assert enricher.context_of(a_login(time_us=later)).destination is None
    assert enricher.context_of(a_login(action=Action.SESSION_CLOSED, time_us=later)).destination is None


@pytest.mark.parametrize("away_us", [-FRESH_US - 1, FRESH_US + 1])
def test_a_login_of_another_time_has_no_destination(enricher, away_us):
    """Its connection can be gone, and another one have its port."""
    assert enricher.context_of(a_login(time_us=NOON_US + away_us)).destination is None


def test_before_the_first_turn_nothing_has_a_destination(root):
    """What is read again at start is history."""
    assert Enricher(Settings(), str(root)).context_of(a_login()).destination is None


@pytest.mark.parametrize("text", ["10.0.0.1", "127.0.0.1", "::1", "fe80::1", "fd00::1"])
def test_an_address_that_is_nowhere_is_not_looked_up(text, root):
    write_cities(root / "var/lib/GeoIP/GeoLite2-City.mmdb", {"0.0.0.0/0": QUITO, "::/1": QUITO, "8000::/1": QUITO})
    context = Enricher(Settings(), str(root)).context_of(an_event(source=an_endpoint(text)))
    assert (context.country, context.provider) == (None, "hetzner")


def test_an_address_of_this_host_is_its_own(enricher):
    assert enricher.context_of(an_event(source=an_endpoint("203.0.113.5"))).origin is Origin.OWN


def test_what_has_no_address_still_has_a_cloud(enricher):
    local = a_login(source=None, service="login", tty="tty1")
    assert enricher.context_of(local) == Context(provider="hetzner", origin=Origin.LOCAL)
    assert enricher.context_of(an_event(source=Endpoint(host="a.example.org"))) == Context(provider="hetzner")


def test_where_all_is_switched_off_only_the_connection_is_known(root):
    enricher = Enricher(NOTHING, str(root))
    enricher.look(NOON_US)
    assert enricher.context_of(a_login()) == Context(destination=REACHED, origin=Origin.REMOTE)
    assert enricher.context_of(an_event(source=None)) == NO_CONTEXT


def test_a_host_of_which_nothing_can_be_read_has_no_context(tmp_path):
    enricher = Enricher(Settings(), str(tmp_path))
    enricher.look(NOON_US)
    assert enricher.context_of(a_login()) == Context(origin=Origin.REMOTE)
    assert enricher.problems() == []


def test_a_replaced_database_is_noticed_after_a_minute_and_not_before(enricher, root):
    write_cities(root / "var/lib/GeoIP/GeoLite2-City.mmdb", {"203.0.113.0/24": QUITO})
    enricher.look(NOON_US + REFRESH_US - 1)
    assert enricher.context_of(a_login()).city == "Berlin"
    enricher.look(NOON_US + REFRESH_US)
    assert enricher.context_of(a_login()).city == "Quito"


def test_a_new_address_of_the_host_is_noticed(enricher, root):
    event = an_event(source=an_endpoint("203.0.113.77"))
    assert enricher.context_of(event).origin is Origin.REMOTE
    (root / "proc/self/net/fib_trie").write_text("|-- 203.0.113.77\n   /32 host LOCAL\n")
    enricher.look(NOON_US + REFRESH_US)
    assert enricher.context_of(event).origin is Origin.OWN


def test_a_clock_that_is_set_back_does_not_stop_the_looking(enricher, root):
    write_cities(root / "var/lib/GeoIP/GeoLite2-City.mmdb", {"203.0.113.0/24": QUITO})
    enricher.look(NOON_US - DAY_US)
    assert enricher.context_of(a_login()).city == "Quito"


def test_a_problem_is_news_once_and_again_when_it_comes_back(root):
    database = root / "var/lib/GeoIP/GeoLite2-City.mmdb"
    enricher = Enricher(Settings(), str(root))
    minutes = iter(range(0, 10 * REFRESH_US, REFRESH_US))
    now_us = time.time_ns() // 1000

    def news():
        return enricher.look(now_us + next(minutes))

    assert news() == []
    aside = database.rename(root / "aside")
    told = news()
    assert len(told) == 1
    assert news() == []
    assert enricher.problems() == told
    aside.rename(database)
    assert news() == enricher.problems() == []
    database.rename(aside)
    assert news() == told


def test_an_old_database_is_news_once(root):
    enricher = Enricher(Settings(), str(root))
    later_us = time.time_ns() // 1000 + 40 * DAY_US
    assert len(enricher.look(later_us)) == 2
    assert enricher.look(later_us + DAY_US) == []
    assert len(enricher.problems()) == 2


def test_the_state_names_what_is_in_use_and_no_address(enricher):
    state = enricher.state()
    assert state["cloud"] == {"provider": "hetzner", "region": None, "instance_id": None}
    assert state["geoip"]["city"]["edition"] == "GeoLite2-City"
    assert state["destinations_not_looked_up"] == 0
    assert "203.0.113" not in str(state)


sources = st.builds(Endpoint, st.none() | st.ip_addresses(), st.none() | st.integers(-1, 70_000), st.none() | st.text())
events = st.builds(
    AuthEvent,
    id=st.just(""),
    time_us=st.integers(NOON_US - FRESH_US, NOON_US + FRESH_US),
    hostname=st.none(),
    service=st.text() | st.sampled_from(["sshd", "login", "sudo"]),
    action=st.sampled_from(Action),
    source=st.none() | sources,
    tty=st.none() | st.text(),
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(event=events)
def test_no_event_raises(enricher, event):
    assert isinstance(enricher.context_of(event), Context)
