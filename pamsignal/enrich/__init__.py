"""What can be looked up about an event: a miss is None, and nothing here ever raises."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Dict, FrozenSet, List, NamedTuple, Optional, Set, Union

from pamsignal.enrich import geo, inquiry, metadata, network, provider
from pamsignal.enrich.place import NOWHERE, Atlas
from pamsignal.enrich.sockets import Sockets
from pamsignal.model import Address, AuthEvent, Context, Endpoint
from pamsignal.terms import Action, Origin

REFRESH_US = 60_000_000
# A login that was written down longer ago than this can have lost its connection, and another one can have its port.
FRESH_US = 10_000_000
# About 1 kB for each address, and an attack comes from thousands.
MOST_CACHED = 2048

_ARRIVALS = frozenset({Action.LOGIN_SUCCESS, Action.LOGIN_PARTIAL})
_OF_CONNECTIONS = _ARRIVALS | {Action.SESSION_OPENED, Action.SESSION_CLOSED}


class Settings(NamedTuple):
    """Which databases to look into, and what the configuration knows of the cloud."""

    geoip: geo.Settings = geo.Settings()
    cloud: provider.Settings = provider.Settings()


class Enricher:
    """Looks up what is known about an event: on this host alone, and without waiting.

    Call `look` once in each turn of the loop, before its records. `state` is a directory for notes about open
    databases: close one enricher before making the next. `root` stands before all paths that are looked for, and
    `metadata_at` says where a metadata service listens.
    """

    def __init__(
        self,
        settings: Settings,
        root: str = "",
        state: Optional[str] = None,
        metadata_at: inquiry.AddressOf = inquiry.address_of,
    ) -> None:
        self._settings = settings
        self._root = root
        self._atlas = Atlas(settings.geoip, root, state)
        self._sockets = Sockets(f"{root}/proc/self/net")
        self._own: FrozenSet[Address] = frozenset()
        self._cloud = provider.Cloud()
        self._inquiry = inquiry.Inquiry(metadata_at)
        self._told: Set[str] = set()
        self._now_us = 0
        self._refreshed_us = 0
        self._about = lru_cache(MOST_CACHED)(self._look_up)
        self.refresh()

    def look(self, time_us: int) -> List[str]:
        """Begin a turn, and once a minute see what has changed; return the problems that are new."""
        self._now_us = time_us
        self._sockets.look(time_us)
        if abs(time_us - self._refreshed_us) < REFRESH_US and not self._inquiry.has_news:
            return []
        self._refreshed_us = time_us
        self.refresh()
        return self._news()

    def refresh(self) -> None:
        """Read anew what can have changed: databases, the host's addresses, the cloud."""
        own = network.own_addresses(f"{self._root}/proc/self/net")
        cloud = self._whereabouts()
        if self._atlas.refresh() or (own, cloud) != (self._own, self._cloud):
            self._own, self._cloud = own, cloud
            self._about.cache_clear()

    def _whereabouts(self) -> provider.Cloud:
        settings = self._settings.cloud
        cloud = provider.identity(settings, self._root)
        if not settings.metadata or settings.provider is None:
            return cloud
        whose = cloud.provider if cloud.provider in metadata.SERVICES else provider.maker(self._root)
        return self._inquiry.completed(cloud, whose, self._now_us, wants_region=settings.region is not None)

    def context_of(self, event: AuthEvent) -> Context:
        """Return what is known about `event`. One that names its destination itself is given none here."""
        source = event.source
        if source is None or source.ip is None:
            return self._about(network.origin_without_address(event))
        context = self._about(source.ip)
        if event.action not in _OF_CONNECTIONS or event.destination is not None:
            return context
        destination = self._destination(event, source)
        return context if destination is None else context._replace(destination=destination)

    def problems(self) -> List[str]:
        """Return what somebody should mend; the same trouble always in the same words."""
        return list(self._atlas.problems(self._now_us))

    def state(self) -> Dict[str, Any]:
        """Return what is in use, for the status file, which everybody may read: no address."""
        return {
            "geoip": self._atlas.state(self._now_us),
            "cloud": self._cloud._asdict(),
            "destinations_not_looked_up": self._sockets.unread,
        }

    def built_us(self) -> Dict[str, int]:
        """Return when each database in use was built, in µs."""
        return self._atlas.built_us()

    def close(self) -> None:
        """Give the databases back."""
        self._atlas.close()

    def _news(self) -> List[str]:
        problems = self.problems()
        news = [problem for problem in problems if problem not in self._told]
        self._told = set(problems)
        return news

    def _look_up(self, whence: Union[Address, Origin, None]) -> Context:
        """Return all that does not depend on the connection."""
        cloud = self._cloud._asdict()
        if whence is None or isinstance(whence, Origin):
            return Context(**cloud, origin=whence)
        place = self._atlas.place_of(whence) if network.is_somewhere(whence) else NOWHERE
        return Context(**place._asdict(), **cloud, origin=network.origin_of(whence, self._own))

    def _destination(self, event: AuthEvent, source: Endpoint) -> Optional[Endpoint]:
        if event.action not in _ARRIVALS:
            return self._sockets.remembered(source)
        self._sockets.forget(source)  # what had this port before was another connection
        is_fresh = abs(self._now_us - event.time_us) <= FRESH_US
        return self._sockets.find(source) if is_fresh else None
