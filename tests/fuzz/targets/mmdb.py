"""The reader of GeoIP databases: any bytes in the place of a good database, while that is in use.

Nothing raises. What is refused leaves the good one in use and says so; what is taken answers with a place; and a good
one that comes after it is taken again. maxminddb's C extension dies of some files, so it is read as after such a death:
by Python alone (see `_open` in enrich/geo.py).
"""

from __future__ import annotations

import os
from functools import lru_cache
from ipaddress import ip_address
from pathlib import Path

from pamsignal.enrich.geo import File, Settings
from pamsignal.enrich.place import Atlas, Place
from tests.fuzz.folder import folder
from tests.harness.databases import write_cities

BERLIN, QUITO, ELSEWHERE = map(ip_address, ("203.0.113.9", "2001:db8::9", "192.0.2.1"))
MOST_BYTES = 50_000
_OTHER_PROCESS = os.getppid()  # the note is of a process that ended


def target(data: bytes) -> None:
    """Open a good database, put `data` in its place, and then a good one again."""
    place = folder("mmdb")
    atlas = Atlas(Settings(str(place / "city.mmdb"), None), state=str(place))
    try:
        _put(place, good())
        assert atlas.refresh()
        assert atlas.place_of(BERLIN).city == "Berlin"
        _put(place, data[:MOST_BYTES])
        if atlas.refresh():
            for ip in (BERLIN, QUITO, ELSEWHERE):
                _is_a_place(atlas.place_of(ip))
        else:
            assert atlas.place_of(BERLIN).city == "Berlin", "the good one is gone"
            assert any("is not used" in told for told in atlas.problems(0))
        _put(place, good())
        assert atlas.refresh()
        assert atlas.place_of(BERLIN).city == "Berlin"
    finally:
        atlas.close()


@lru_cache(maxsize=1)
def good() -> bytes:
    """Return a whole database of cities."""
    return Path(write_cities(folder("mmdb") / "made.mmdb")).read_bytes()


def _put(place: Path, content: bytes) -> None:
    """Replace the database by renaming, and note that a process ended while it was read."""
    fresh = place / "fresh"
    fresh.write_bytes(content)
    os.utime(fresh, ns=(_put.times, _put.times))
    _put.times += 1
    fresh.rename(place / "city.mmdb")
    identity = File.of("", (place / "city.mmdb").stat()).identity
    (place / "geoip-city.open").write_text(f"{_OTHER_PROCESS} 0 {identity}", encoding="ascii")


_put.times = 1  # each file is another one, whatever its inode


def _is_a_place(place: Place) -> None:
    texts, numbers = (place.country, place.city, place.continent), (place.asn, place.radius_km)
    assert all(text is None or (isinstance(text, str) and 0 < len(text) <= 128) for text in texts)
    assert all(number is None or (type(number) is int and number > 0) for number in numbers)
    for degrees in (place.latitude_microdegrees, place.longitude_microdegrees):
        assert degrees is None or abs(degrees) <= 180_000_000
