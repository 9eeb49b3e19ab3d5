"""Where an address is and whose it is, as far as the databases of this host know."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Tuple

from pamsignal.enrich.geo import FOLDERS, KINDS, Database, Record, Settings
from pamsignal.enrich.note import Note
from pamsignal.model import Address
from pamsignal.render import when

DAY_US = 86_400_000_000
OLD_DAYS = 30  # GeoLite2 is made anew twice a week, and its licence wants copies 30 days older than that destroyed
_MOST_TEXT = 128


class Place(NamedTuple):
    """What is known about an address; the fields are those of `model.Context`."""

    country: Optional[str] = None
    city: Optional[str] = None
    asn: Optional[int] = None
    org: Optional[str] = None
    continent: Optional[str] = None
    latitude_microdegrees: Optional[int] = None
    longitude_microdegrees: Optional[int] = None
    radius_km: Optional[int] = None


NOWHERE = Place()


class Atlas:
    """The two databases together."""

    def __init__(self, settings: Settings, root: str = "", state: Optional[str] = None) -> None:
        folders = [root + folder for folder in FOLDERS]
        notes = {kind: Note(f"{state}/geoip-{kind}.open" if state else None) for kind in KINDS}
        self._city = Database("city", settings.city, folders, notes["city"])
        self._asn = Database("asn", settings.asn, folders, notes["asn"])

    def refresh(self) -> bool:
        """Open what is new or has been replaced; True if lookups answer differently from now on."""
        changes = [database.refresh() for _, database in self._named()]
        return any(changes)

    def place_of(self, ip: Address) -> Place:
        """Look `ip` up. Never raises."""
        text, version = str(ip), ip.version
        place = self._city.find(text, version, _place_in) or NOWHERE
        network = self._asn.find(text, version, _network_in)
        return place if network is None else place._replace(asn=network[0], org=network[1])

    def problems(self, time_us: int) -> Iterator[str]:
        """Yield what somebody should mend; the same trouble always in the same words."""
        for name, database in self._named():
            if database.trouble is not None:
                yield f"geoip.{name}: {database.trouble}"
            opened = database.opened
            if opened is not None and time_us - opened.built_us > OLD_DAYS * DAY_US:
                built = when.timestamp(opened.built_us)[:10]
                yield f"geoip.{name}: {opened.file.path} was built on {built}, over {OLD_DAYS} days ago; get a new one"

    def state(self, time_us: int) -> Dict[str, Optional[Dict[str, Any]]]:
        """Return what is in use, for the status file."""
        return {name: _facts(database, time_us) for name, database in self._named()}

    def built_us(self) -> Dict[str, int]:
        """Return when each database in use was built."""
        return {name: database.opened.built_us for name, database in self._named() if database.opened is not None}

    def close(self) -> None:
        """Give the files back."""
        for _, database in self._named():
            database.close()

    def _named(self) -> List[Tuple[str, Database]]:
        return [("city", self._city), ("asn", self._asn)]


def _facts(database: Database, time_us: int) -> Optional[Dict[str, Any]]:
    opened = database.opened
    if opened is None:
        return None
    return {
        "path": opened.file.path,
        "edition": opened.edition,
        "built": when.timestamp(opened.built_us),
        "age_days": max(0, time_us - opened.built_us) // DAY_US,
    }


def _place_in(record: Record) -> Place:
    """Take a record of cities or countries apart; the latter have neither city nor location."""
    location = record.get("location", {})
    return Place(
        country=_text(record.get("country", {}).get("iso_code")),
        city=_text(record.get("city", {}).get("names", {}).get("en")),
        continent=_text(record.get("continent", {}).get("code")),
        latitude_microdegrees=_microdegrees(location.get("latitude")),
        longitude_microdegrees=_microdegrees(location.get("longitude")),
        radius_km=_number(location.get("accuracy_radius")),
    )


def _network_in(record: Record) -> Tuple[Optional[int], Optional[str]]:
    number, organization = record.get("autonomous_system_number"), record.get("autonomous_system_organization")
    return _number(number), _text(organization)


def _text(value: Any) -> Optional[str]:
    return value[:_MOST_TEXT] if isinstance(value, str) and value else None


def _number(value: Any) -> Optional[int]:
    return value if type(value) is int and value > 0 else None


def _microdegrees(value: Any) -> Optional[int]:
    return round(value * 1_000_000) if isinstance(value, (int, float)) and -180 <= value <= 180 else None
