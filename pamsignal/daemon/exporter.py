"""Metrics for Prometheus: into a file for node_exporter, and to a listener on request; nothing while switched off.

What goes wrong here is logged once and tried again with the next figures. It never holds up the watch.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, List, Optional

from pamsignal.config.settings import MetricsSettings
from pamsignal.counts import Counts
from pamsignal.daemon.report import Report, Watched
from pamsignal.daemon.tally import Tally
from pamsignal.runtime import public_file
from pamsignal.runtime.host_port import host_port_of
from pamsignal.runtime.log import Log

if TYPE_CHECKING:
    from pamsignal.runtime.listener import Listener

AUTO = "auto"
FILE_NAME = "metrics.prom"
_MISSING = "metrics need the Python module {}; install python3-prometheus-client (in a venv: prometheus_client)"


class Exporter:
    """Publishes as the settings say; `runtime` is the directory for the file. `trouble` keeps it from that, or None."""

    def __init__(self, runtime: str, log: Log) -> None:
        self.trouble: Optional[str] = None
        self._runtime = runtime
        self._log = log
        self._settings = MetricsSettings()
        self._listener: Optional[Listener] = None

    def use(self, settings: MetricsSettings) -> None:
        """Go on with other settings; what nobody keeps up to date any more is taken away."""
        if settings != self._settings:
            self.close()
            self._settings = settings
            self.trouble = None

    def publish(self, now_us: int, counts: Counts, tally: Tally, report: Report, watched: Watched) -> None:
        """Bring the present figures to whoever wants them."""
        if not self._settings.enabled:
            return
        try:  # here, because these are 2 to 7 MB that only who wants metrics should pay for
            from pamsignal.daemon import exposition, snapshot  # noqa: PLC0415
        except ImportError as error:
            self._note([_MISSING.format(error.name)])
            return
        content = exposition.render(snapshot.take(now_us, counts, tally, report, watched))
        self._note([*self._write(content), *self._serve(content)])

    def close(self) -> None:
        """Listen no longer, and take the file away: figures that stand still would look like those of a quiet host."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        if self._settings.enabled and self._path is not None:
            with suppress(OSError):
                os.unlink(self._path)

    @property
    def _path(self) -> Optional[str]:
        return f"{self._runtime}/{FILE_NAME}" if self._settings.textfile == AUTO else self._settings.textfile

    def _write(self, content: bytes) -> List[str]:
        if self._path is None:
            return []
        try:
            public_file.replace(self._path, content)
        except OSError as error:
            return [f"{self._path} cannot be written: {error.strerror}"]
        return []

    def _serve(self, content: bytes) -> List[str]:
        address = self._settings.listen
        if address is None:
            return []
        try:
            if self._listener is None:
                from pamsignal.runtime.listener import Listener  # noqa: PLC0415 - only who wants it pays for it

                self._listener = Listener(host_port_of(address))
            self._listener.content = content
        except OSError as error:
            return [f"nobody can listen on {address}: {error.strerror or error}"]
        return []

    def _note(self, problems: List[str]) -> None:
        trouble = "; ".join(problems) or None
        if trouble is not None and trouble != self.trouble:
            self._log.error("metrics are not published", problem=trouble)
        elif trouble is None and self.trouble is not None:
            self._log.notice("metrics are published again")
        self.trouble = trouble
