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
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

ACCOUNT, KEY = "123456", "of_the_tests_only"
AUTHORIZATION = f"Basic {base64.b64encode(f'{ACCOUNT}:{KEY}'.encode()).decode()}"
DAY, LAST_MODIFIED = "2026-11-23", "Mon, 23 Nov 2026 08:00:00 GMT"


class Answer(NamedTuple):
    """What goes back."""

    status: int
    body: bytes = b""
    md5: str = ""


def file_name_of(_folder: Path, edition: str, _question: dict[str, str]) -> Answer:
    """Version 4.6 asks for the file's name first."""
    return Answer(200, f"{edition}.mmdb".encode())


def update_of(folder: Path, edition: str, question: dict[str, str]) -> Answer:
    """Versions 4 send the sum of what they have, and want a database only if it has another one."""
    database = (folder / f"{edition}.mmdb").read_bytes()
    md5 = hashlib.md5(database).hexdigest()
    return Answer(304) if question["db_md5"] == md5 else Answer(200, gzip.compress(database), md5)


def metadata_of(folder: Path, edition: str, _question: dict[str, str]) -> Answer:
    """Version 7 asks for the sum, and compares."""
    md5 = hashlib.md5((folder / f"{edition}.mmdb").read_bytes()).hexdigest()
    return Answer(200, json.dumps({"databases": [{"edition_id": edition, "md5": md5, "date": DAY}]}).encode())


def archive_of(folder: Path, _edition: str, _question: dict[str, str]) -> Answer:
    """Version 7 downloads what everybody else may download, too."""
    return Answer(200, (folder / "download.tar.gz").read_bytes())


# A path with its query → who answers. The edition is the last word of the expression.
QUESTIONS = {
    r"/app/update_getfilename\?product_id=([\w-]+)": file_name_of,
    r"/geoip/databases/([\w-]+)/update\?.*": update_of,
    r"/geoip/updates/metadata\?edition_id=([\w-]+)": metadata_of,
    r"/geoip/databases/([\w-]+)/download\?.*": archive_of,
}


def answer_to(path: str, geoip: Path) -> Answer:
    """Answer a question about a database, which is laid out in a folder of its edition's name."""
    for pattern, who in QUESTIONS.items():
        asked = re.fullmatch(pattern, path)
        if asked and (geoip / asked[1]).is_dir():
            return who(geoip / asked[1], asked[1], dict(parse_qsl(urlsplit(path).query)))
    return Answer(404)


def handler_for(geoip: Path) -> type[BaseHTTPRequestHandler]:
    """Return the request handler that serves the databases of a folder."""

    class Handler(BaseHTTPRequestHandler):
        """Answer whoever has an account."""

        def do_GET(self) -> None:
            is_known = self.headers["Authorization"] == AUTHORIZATION or self.path.startswith("/app/")
            answer = answer_to(self.path, geoip) if is_known else Answer(401)
            self.send_response(answer.status)
            self.send_header("X-Database-MD5", answer.md5)
            self.send_header("Last-Modified", LAST_MODIFIED)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_arguments: object) -> None:
            """Keep quiet."""

    return Handler
