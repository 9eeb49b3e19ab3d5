"""Finds records of the trail: first by the bytes that a match must have, so that most lines are never read as JSON."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Iterator, List, NamedTuple, Optional, Sequence, Set, Union

from pamsignal.audit.chain import Head, link_of
from pamsignal.audit.files import TrailFile, blocks, first_line
from pamsignal.audit.record import Seen, subject_of
from pamsignal.model import Alert, AuthEvent, Finding

Network = Union[IPv4Network, IPv6Network]

_SPAN = re.compile(rb'\{"checkpoint":\{[^}]*"from_us":([0-9]{1,18})[^}]*"until_us":([0-9]{1,18})')
# No text in a record can hold this: its quotation marks would stand behind backslashes.
_TIME = re.compile(rb'"time_us":([0-9]{1,18})')


class Query(NamedTuple):
    """What is looked for; None means whatever. Bounds in µs are included. `action` is also the rule of an alert."""

    since_us: Optional[int] = None
    until_us: Optional[int] = None
    user: Optional[str] = None
    network: Optional[Network] = None
    country: Optional[str] = None
    action: Optional[str] = None
    host: Optional[str] = None
    outcome: Optional[str] = None
    service: Optional[str] = None


class Found(NamedTuple):
    """A record and where it stands in the chain."""

    subject: Union[Seen, Alert]
    head: Head


def search(files: Sequence[TrailFile], query: Query) -> Iterator[Found]:
    """Yield what `query` asks for, in the order in which it was written down. TrailError if a file cannot be read.

    Lines that are no records are passed over: `verify` speaks of them.
    """
    for file in _files_for(files, query):
        for block in blocks(file):
            yield from found_in(block, query)


def search_backwards(files: Sequence[TrailFile], query: Query) -> Iterator[Found]:
    """Yield the same in the opposite order, holding what one file has of it. TrailError if a file cannot be read."""
    for file in reversed(list(_files_for(files, query))):
        yield from reversed([found for block in blocks(file) for found in found_in(block, query)])


def found_in(block: bytes, query: Query) -> Iterator[Found]:
    """Yield what `query` asks for of `block`, which is whole lines."""
    for line in _candidates(block, needles_of(query)):
        found = _found(line) if _is_of_the_time(line, query) else None
        if found is not None and matches(found.subject, query):
            yield found


def _files_for(files: Sequence[TrailFile], query: Query) -> Iterator[TrailFile]:
    """Yield the files that can hold something of the time that is asked for."""
    for number, file in enumerate(files):
        if number + 1 == len(files) or _can_hold(first_line(files[number + 1]), query):
            yield file


def needles_of(query: Query) -> List[bytes]:
    """Return byte strings that stand in every line that matches, the rarest first."""
    exact = (query.user, query.country, query.action, query.outcome, query.host, query.service)
    needles = [json.dumps(value, ensure_ascii=False).encode("utf-8", "replace") for value in exact if value is not None]
    return needles if query.network is None else [_beginning(query.network), *needles]


def matches(subject: Union[Seen, Alert], query: Query) -> bool:
    """Tell whether `subject` is what `query` asks for."""
    event = subject.event if isinstance(subject, Seen) else subject.subject
    time_us = event.time_us if isinstance(subject, Seen) else subject.time_us
    if (query.since_us or 0) > time_us or (query.until_us is not None and time_us > query.until_us):
        return False
    wanted = (
        (query.user, _users(event)),
        (query.host, {event.hostname}),
        (query.country, {subject.context.country}),
        (query.action, _actions(subject)),
        (query.outcome, {_outcome(event)}),
        (query.service, {_service(event)}),
    )
    if any(value is not None and value not in known for value, known in wanted):
        return False
    return query.network is None or any(_is_within(source, query.network) for source in _sources(event))


def _users(event: Union[AuthEvent, Finding]) -> Set[Optional[str]]:
    if isinstance(event, AuthEvent):
        return {event.user, event.target_user}
    return {*event.users, *(_users(event.event) if event.event is not None else ())}


def _actions(subject: Union[Seen, Alert]) -> Set[Optional[str]]:
    return {subject.event.action.value} if isinstance(subject, Seen) else {subject.rule}


def _outcome(event: Union[AuthEvent, Finding]) -> Optional[str]:
    return event.outcome.value if isinstance(event, AuthEvent) and event.outcome is not None else None


def _service(event: Union[AuthEvent, Finding]) -> Optional[str]:
    known = event if isinstance(event, AuthEvent) else event.event
    return known.service if known is not None else None


def _sources(event: Union[AuthEvent, Finding]) -> Sequence[str]:
    if isinstance(event, AuthEvent):
        return [str(event.source.ip)] if event.source is not None and event.source.ip is not None else []
    return [*event.sources, event.key, *(_sources(event.event) if event.event is not None else ())]


@lru_cache(maxsize=4096)
def _is_within(source: str, network: Network) -> bool:
    """Tell whether an address, or a network that was counted as one source, lies in `network`."""
    try:
        inner = ip_network(source.partition("%")[0], strict=False)
    except ValueError:
        return False
    return inner.version == network.version and inner.network_address in network


def _beginning(network: Network) -> bytes:
    """Return how the text of every address in `network` begins, behind its quotation mark."""
    if network.prefixlen == network.max_prefixlen:
        return f'"{network.network_address}'.encode()
    if isinstance(network, IPv4Network):
        octets = str(network.network_address).split(".")[: network.prefixlen // 8]
        return ('"' + "".join(f"{octet}." for octet in octets)).encode()
    groups = network.network_address.exploded.split(":")[: network.prefixlen // 16]
    text = '"'
    for group in groups:
        if int(group, 16) == 0:  # from here on the text may be shortened (RFC 5952)
            break
        text += f"{int(group, 16):x}:"
    return text.encode()


def _candidates(block: bytes, needles: Sequence[bytes]) -> Iterator[bytes]:
    """Yield the lines of `block` that hold all `needles`."""
    if not needles:
        yield from block.split(b"\n")
        return
    first, *others = needles
    at = block.find(first)
    while at >= 0:
        begin, end = block.rfind(b"\n", 0, at) + 1, block.find(b"\n", at)
        if end < 0:
            return
        line = block[begin:end]
        if all(needle in line for needle in others):
            yield line
        at = block.find(first, end)


def _found(line: bytes) -> Optional[Found]:
    link = link_of(line)
    try:
        subject = subject_of(json.loads(line)) if link is not None else None
    except (ValueError, RecursionError):
        return None
    return Found(subject, link.head) if link is not None and subject is not None else None


def _is_of_the_time(line: bytes, query: Query) -> bool:
    """Tell whether a time in `line`, of which one is its own, is asked for: as JSON it takes ten times as long."""
    if query.since_us is None and query.until_us is None:
        return True
    since_us, until_us = query.since_us or 0, query.until_us
    times = map(int, _TIME.findall(line))
    return any(since_us <= time_us and (until_us is None or time_us <= until_us) for time_us in times)


def _can_hold(after: bytes, query: Query) -> bool:
    """Tell by the first line after a file whether that speaks of the time that is asked for."""
    span = _SPAN.match(after)
    if span is None:
        return True
    from_us, until_us = int(span[1]), int(span[2])
    return (query.since_us is None or until_us >= query.since_us) and (
        query.until_us is None or from_us <= query.until_us
    )


def network_of(text: str) -> Network:
    """Return the network, or the one address, that `text` names. ValueError if it is none."""
    return ip_network(ip_address(text)) if "/" not in text else ip_network(text, strict=False)
