"""Apprise, for the services that pamsignal does not speak to itself: about 150, each by a URL that holds its secrets.

It takes 25 to 33 MB, so it is imported only if configured. It says whether it delivered and not why not, and may sleep
meanwhile; that is the business of this sink's own thread. https://github.com/caronc/apprise
"""

from __future__ import annotations

from typing import Any, Dict, NamedTuple, Sequence

from pamsignal.deliver.sinks.base import Preview, Sink
from pamsignal.errors import ConfigError
from pamsignal.model import Alert, Result, Sent, TryLater
from pamsignal.render import escape, text
from pamsignal.secret import Secret
from pamsignal.terms import Severity

_VALUE_LIMIT = 512
_TITLE_VALUE_LIMIT = 64

_TYPES: Dict[Severity, str] = {  # names in apprise.NotifyType
    Severity.INFO: "INFO",
    Severity.NOTICE: "INFO",
    Severity.WARNING: "WARNING",
    Severity.CRITICAL: "FAILURE",
}


class Settings(NamedTuple):
    """`url` is the service's, in the form of Apprise."""

    url: Secret = Secret("")


def build(name: str, settings: Settings) -> Sink:
    """Return the sink `name`; raise ConfigError where `settings` cannot work, or Apprise is not there."""
    import logging  # noqa: PLC0415 - costs memory, so only if used

    try:
        import apprise  # noqa: PLC0415 - optional, and heavy
    except ImportError:
        remedy = "install the package apprise (Debian, Ubuntu) or python3-apprise (Fedora)"
        raise ConfigError(f"sinks.{name}: type apprise needs Apprise, which is not here; {remedy}") from None
    for library in ("apprise", "urllib3"):  # they log URLs
        logging.getLogger(library).setLevel(logging.CRITICAL + 1)
    service = apprise.Apprise(asset=apprise.AppriseAsset(async_mode=False))
    if not service.add(settings.url.reveal()):
        raise ConfigError(f"sinks.{name}.url: Apprise does not know this service, or the URL lacks a part")
    if "overflow=" not in settings.url.reveal():
        for each in service:
            each.overflow_mode = apprise.OverflowMode.TRUNCATE  # one alert is one message, within the service's limit
    return AppriseSink(name, settings, service, apprise)


class AppriseSink:
    """A sink that leaves the sending to Apprise."""

    batch = 1

    def __init__(self, name: str, settings: Settings, service: Any, library: Any) -> None:
        self.name = name
        self._scheme = settings.url.reveal().partition("://")[0]
        self._service = service
        self._library = library

    def deliver(self, alerts: Sequence[Alert]) -> Result:
        """Send each of `alerts`; the first one that fails decides."""
        for alert in alerts:
            if not self._notify(alert):
                return TryLater("network", "Apprise could not deliver it, and does not say why", pause=True)
        return Sent()

    def preview(self, alert: Alert) -> Preview:
        """Return title and text; what else a service gets is Apprise's business."""
        return Preview(f"Apprise {escape.for_terminal(self._scheme)}://***\n\n{title_of(alert)}\n{body_of(alert)}")

    def _notify(self, alert: Alert) -> bool:
        kind = getattr(self._library.NotifyType, _TYPES[alert.severity])
        body_format = self._library.NotifyFormat.TEXT
        return bool(self._service.notify(body_of(alert), title_of(alert), kind, body_format))


def title_of(alert: Alert) -> str:
    """Return the title."""
    return text.title(alert, escape.for_any_markup, _TITLE_VALUE_LIMIT)


def body_of(alert: Alert) -> str:
    """Return the text, one line per field."""
    return text.details(alert, escape.for_any_markup, _VALUE_LIMIT)
