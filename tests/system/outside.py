"""The world outside the hosts, as far as they know one: three servers on the gateway's address.

    python -m tests.system.outside FILES ALERTS

Port 8080 serves the folder FILES. Port 8443 takes signed alerts: each delivery becomes a line of the file
ALERTS/alerts, as "RULE USER SOURCE HOST"; ALERTS/ca.pem is the certificate to trust. Port 443 has the databases in
FILES/geoip for geoipupdate, with the same certificate.
"""

from __future__ import annotations

import functools
import socket
import sys
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.system import maxmind
from tests.system.host import GATEWAY
from tests.system.receiver import Delivery, Receiver, summary

FILES_PORT, ALERTS_PORT, DATABASES_PORT = 8080, 8443, 443


class Files(SimpleHTTPRequestHandler):
    """A file server that takes `file?suffix=X` for `file.X`, as MaxMind's does."""

    def translate_path(self, path: str) -> str:
        return super().translate_path(path.replace("?suffix=", "."))


class AlertLog(Receiver):
    """A receiver that writes down each delivery."""

    def __init__(self, folder: Path) -> None:
        self.log = folder / "alerts"
        self.log.write_text("")  # an interrupted run leaves its own
        super().__init__(self)
        (folder / "ca.pem").write_bytes(self.authority)

    def listen(self) -> socket.socket:
        """Listen right here: this process is on the hosts' network."""
        return socket.create_server((GATEWAY, ALERTS_PORT))

    def accept(self, delivery: Delivery) -> None:
        super().accept(delivery)
        with self.log.open("a") as log:
            log.write(f"{summary(delivery.document)} {delivery.document['host']['hostname']}\n")


def main() -> None:
    """Serve until the end of the process."""
    files, alerts = (Path(argument) for argument in sys.argv[1:])
    log = AlertLog(alerts)
    maxmind.Databases(files / "geoip", log.certificate, socket.create_server((GATEWAY, DATABASES_PORT)))
    ThreadingHTTPServer((GATEWAY, FILES_PORT), functools.partial(Files, directory=str(files))).serve_forever()


if __name__ == "__main__":
    main()
