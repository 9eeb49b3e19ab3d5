"""An alert whose free texts are short: for a message that has only so much room, in whatever format. Pure."""

from __future__ import annotations

from typing import Optional

from pamsignal.model import NO_CONTEXT, Alert, AuthEvent, Context, Endpoint


def clipped(alert: Alert, limit: int) -> Alert:
    """Return `alert` with at most `limit` code points in each text that somebody chose, and as many names in a list."""
    subject = alert.subject
    if isinstance(subject, AuthEvent):
        return alert._replace(subject=_event(subject, limit), context=_context(alert.context, limit))
    finding = subject._replace(
        key=subject.key[: max(limit, _NETWORK)],
        note=_text(subject.note, limit),
        users=tuple(user[:limit] for user in subject.users[:limit]),
        sources=subject.sources[:limit],
        event=None if subject.event is None else _event(subject.event, limit),
    )
    return alert._replace(subject=finding, context=_context(alert.context, limit))


_NAME, _WIDE = 32, 64  # octets
_NETWORK = len("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255/128")  # what findings are counted by stays whole


def bare(alert: Alert) -> Alert:
    """Return what `alert` cannot do without: which, how loud, who, from where, when. For where nothing else fits."""
    subject = alert.subject
    if isinstance(subject, AuthEvent):
        return alert._replace(subject=_bare_event(subject), context=NO_CONTEXT, reasons=(), anchor="")
    finding = subject._replace(
        key=_narrow(subject.key, _NETWORK) or "",
        hostname=_narrow(subject.hostname, _WIDE),
        users=tuple(_narrow(user, _NAME) or "" for user in subject.users[:1]),
        sources=subject.sources[:1],
        note=None,
        event=None if subject.event is None else _bare_event(subject.event),
    )
    return alert._replace(subject=finding, context=NO_CONTEXT, reasons=(), anchor="")


def _bare_event(event: AuthEvent) -> AuthEvent:
    return event._replace(
        hostname=_narrow(event.hostname, _WIDE),
        service=_narrow(event.service, _NAME) or "",
        user=_narrow(event.user, _NAME),
        target_user=_narrow(event.target_user, _NAME),
        source=None if event.source is None else event.source._replace(host=_narrow(event.source.host, _WIDE)),
        group=_narrow(event.group, _NAME),
        key=None if event.key is None else event.key._replace(certificate_id=None),
        tty=None,
        cwd=None,
        command=None,
        reason=None,
        session_id=None,
        destination=None,
    )


def _narrow(text: Optional[str], octets: int) -> Optional[str]:
    """Return as much of `text` as is at most so many octets in any format: JSON writes an emoji with twelve."""
    if text is None:
        return None
    left = octets
    for number, character in enumerate(text):
        left -= 1 if character.isascii() and character.isprintable() and character not in '"\\' else 12
        if left < 0:
            return text[:number]
    return text


def _event(event: AuthEvent, limit: int) -> AuthEvent:
    source = event.source
    return event._replace(
        service=event.service[:limit],
        user=_text(event.user, limit),
        target_user=_text(event.target_user, limit),
        source=None if source is None else _endpoint(source, limit),
        reason=_text(event.reason, limit),
        tty=_text(event.tty, limit),
        cwd=_text(event.cwd, limit),
        command=_text(event.command, limit),
        group=_text(event.group, limit),
        key=None if event.key is None else event.key._replace(certificate_id=_text(event.key.certificate_id, limit)),
    )


def _endpoint(endpoint: Endpoint, limit: int) -> Endpoint:
    return endpoint._replace(host=_text(endpoint.host, limit))


def _context(context: Context, limit: int) -> Context:
    return context._replace(city=_text(context.city, limit), org=_text(context.org, limit))


def _text(text: Optional[str], limit: int) -> Optional[str]:
    return None if text is None else text[:limit]
