"""MaxMind's update service, as far as the geoipupdate of Debian 11 (4.6), 12 (4.10) and 13 (7.1) asks for it.

Seen by running each of them against a server that writes down what it is asked. All send account and key as HTTP basic
authentication, but for the first question of 4.6. The databases are made here: nothing of MaxMind's is in the project.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
import socket
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import trustme

from tests.harness.receiver import Received, Receiver, Reply

ACCOUNT, KEY = "123456", "of_the_tests_only"
AUTHORIZATION = f"Basic {base64.b64encode(f'{ACCOUNT}:{KEY}'.encode()).decode()}"
DAY, LAST_MODIFIED = "2026-11-23", "Mon, 23 Nov 2026 08:00:00 GMT"


def an_answer(status: int, body: bytes = b"", md5: str = "") -> Reply:
    """Return what goes back."""
    return Reply(status, {"X-Database-MD5": md5, "Last-Modified": LAST_MODIFIED}, body)


def file_name_of(_folder: Path, edition: str, _question: dict[str, str]) -> Reply:
    """Version 4.6 asks for the file's name first."""
    return an_answer(200, f"{edition}.mmdb".encode())


def update_of(folder: Path, edition: str, question: dict[str, str]) -> Reply:
    """Versions 4 send the sum of what they have, and want a database only if it has another one."""
    database = (folder / f"{edition}.mmdb").read_bytes()
    md5 = hashlib.md5(database).hexdigest()
    return an_answer(304) if question["db_md5"] == md5 else an_answer(200, gzip.compress(database), md5)


def metadata_of(folder: Path, edition: str, _question: dict[str, str]) -> Reply:
    """Version 7 asks for the sum, and compares."""
    md5 = hashlib.md5((folder / f"{edition}.mmdb").read_bytes()).hexdigest()
    return an_answer(200, json.dumps({"databases": [{"edition_id": edition, "md5": md5, "date": DAY}]}).encode())


def archive_of(folder: Path, _edition: str, _question: dict[str, str]) -> Reply:
    """Version 7 downloads what everybody else may download, too."""
    return an_answer(200, (folder / "download.tar.gz").read_bytes())


# A path with its query → who answers. The edition is the last word of the expression.
QUESTIONS = {
    r"/app/update_getfilename\?product_id=([\w-]+)": file_name_of,
    r"/geoip/databases/([\w-]+)/update\?.*": update_of,
    r"/geoip/updates/metadata\?edition_id=([\w-]+)": metadata_of,
    r"/geoip/databases/([\w-]+)/download\?.*": archive_of,
}


def answer_to(path: str, geoip: Path) -> Reply:
    """Answer a question about a database, which is laid out in a folder of its edition's name."""
    for pattern, who in QUESTIONS.items():
        asked = re.fullmatch(pattern, path)
        if asked and (geoip / asked[1]).is_dir():
            return who(geoip / asked[1], asked[1], dict(parse_qsl(urlsplit(path).query)))
    return an_answer(404)


class Databases(Receiver):
    """Serves the databases of a folder to whoever has an account."""

    protocol_version = "HTTP/1.0"

    def __init__(self, geoip: Path, certificate: trustme.LeafCert, listener: socket.socket) -> None:
        self.geoip = geoip
        super().__init__(certificate=certificate, listener=listener)

    def reply_to(self, request: Received) -> Reply:
        """Answer a question."""
        is_known = request.headers.get("authorization") == AUTHORIZATION or request.path.startswith("/app/")
        return answer_to(request.path, self.geoip) if is_known else an_answer(401)
