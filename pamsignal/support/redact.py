"""Makes text fit to be shown to strangers: what is known to be private gets a stand-in, what is unknown goes.

A word of a free text stays only if it is in the vocabulary: nobody has to foresee what a secret looks like. Pure.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Any, Callable, Collection, FrozenSet, List, Mapping, Match, Optional
from urllib.parse import urlsplit

from pamsignal.support.stand_ins import StandIns

GONE = "…"
LONGEST_TEXT = 4000

# Whose servers everybody uses: that an alert goes there is no secret, and half of the answer to many a question.
SERVICES = (
    "api.telegram.org",
    "discord.com",
    "discordapp.com",
    "events.eu.pagerduty.com",
    "events.pagerduty.com",
    "graph.facebook.com",
    "hc-ping.com",
    "hooks.slack.com",
    "ntfy.sh",
    "outlook.office.com",
)
_PUBLIC_NAMES = frozenset({*SERVICES, "localhost", "root", "nobody", "pamsignal"})
# Names of these kinds that are words of ours say nothing: a sink called `team`, a header called `Authorization`.
_USUAL_KINDS = frozenset({"cloud", "header", "service", "sink"})
# Endings of file names that are domains of countries, too.
_FILE_ENDINGS = frozenset({"db", "gz", "md", "py", "sh", "so"})
_DOMAINS = frozenset({"arpa", "biz", "cloud", "com", "corp", "dev", "edu", "gov", "home", "info", "int", "internal"})
_MORE_DOMAINS = frozenset({"lan", "localdomain", "mil", "name", "net", "online", "onion", "org", "test", "xyz"})
_TOP_LEVEL = _DOMAINS | _MORE_DOMAINS

_EDGES = re.compile(r"([\"'(\[{<]*)(.*?)([\"')\]}>.,:;!?…]*)", re.DOTALL)
_JOINTS = re.compile(r"([/:,;=@+|\"'()\[\]{}<>]+)")
_NUMBER = re.compile(r"[+-]?[0-9]{1,7}(?:[.,][0-9]{1,6}){0,2}(?:%|us|ms|s|min|h|d|k|M|G|B|kB|MB|GB|K)?")
_HOURS = re.compile(r"[0-9]{2}:[0-9]{2}-[0-9]{2}:[0-9]{2}")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?Z?)?")
# 192.0.2.1, and whatever has two colons and may be IPv6, wherever it stands in a word.
_ADDRESS = re.compile(
    r"(?<![0-9A-Za-z.])[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?![0-9A-Za-z])"
    r"|(?<![0-9A-Za-z:])(?:[0-9A-Fa-f]{0,4}:){2,8}(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9A-Fa-f]{0,4})(?![0-9A-Za-z:])"
)
_NUMBERED = re.compile(r"([A-Za-z]+)-?[0-9]{1,16}")
_CLOCK = re.compile(r"[0-9]{2}:[0-9]{2}:[0-9]{2}")
# What comes with a number of its own: our files and Python's; and our stand-ins, which have a hyphen and few digits.
_COUNTED = frozenset({"as", "corrupt", "cpython", "python", "trail"})
_STAND_IN = re.compile(
    "(?:address|chat|cloud|credential|header|host|mail|machine|name|network|secret|service|sink|user|zone)-[0-9]{1,3}"
)
_DOTTED = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+")
_MAIL = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s]+")
_FIELD = re.compile(r"(\{[a-z_]+\})")


class Redactor:
    """Knows what may be said: `words` in small letters, and `stand_ins` for what may not."""

    def __init__(self, stand_ins: StandIns, words: FrozenSet[str]) -> None:
        self.stand_ins = stand_ins
        self._words = words
        self._private: Mapping[str, Callable[[str], str]] = {
            "path": self.path,
            "url": self.url,
            "network": self._network,
            "host": self._host,
            "words": self._template,
        }

    def text(self, text: str) -> str:
        """Return a free text with `…` for what nobody knows."""
        shown: List[str] = []
        for word in _ADDRESS.sub(self._shown_address, text[:LONGEST_TEXT]).split():
            redacted = self._word(word)
            if redacted != GONE or shown[-1:] != [GONE]:
                shown.append(redacted)
        return " ".join(shown)

    def name(self, kind: str, name: str, public: Collection[str] = ()) -> str:
        """Return what stands for a private value of this kind; a usual one stands for itself."""
        if kind in self._private:
            return self._private[kind](name)
        if name in _PUBLIC_NAMES or name in public:
            return name
        if kind in _USUAL_KINDS and name.lower() in self._words:
            return name
        return self.stand_ins.of(kind, name)

    def path(self, path: str) -> str:
        """Return a path whose unknown parts have stand-ins; the ending stays."""
        return "/".join(self._part_of_path(part) for part in path.split("/"))

    def url(self, url: str) -> str:
        """Return scheme, kind of host and port of a URL, which may be a secret further on."""
        scheme, separator, _ = url.partition("://")
        if not separator or scheme.lower() not in {"http", "https"}:
            return f"{scheme}://{GONE}" if separator and scheme.lower() in self._words else GONE
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            return f"{scheme}://{GONE}"
        rest = f"/{GONE}" if parts.path not in {"", "/"} or parts.query else ""
        return f"{scheme.lower()}://{self._host(host)}{f':{port}' if port else ''}{rest}"

    def tree(self, value: Any) -> Any:
        """Return numbers, truth values and nothing as they are, and every text and key redacted."""
        if isinstance(value, dict):
            return {self.text(str(key)): self.tree(below) for key, below in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.tree(below) for below in value]
        return self.text(value) if isinstance(value, str) else value

    def _word(self, word: str) -> str:
        """Return a word, or a field and its value, with the marks around them."""
        name, equals, value = word.partition("=")
        if not equals or not name or "://" in name:
            return self._edged(word)
        shown = self._edged(name), self._edged(value)
        return GONE if shown in {(GONE, GONE), (GONE, "")} else "=".join(shown)

    def _edged(self, word: str) -> str:
        matched = _EDGES.fullmatch(word)
        if matched is None:
            return GONE
        before, core, after = matched.groups()
        shown = self._core(core) if core else ""
        return shown if shown == GONE else f"{before}{shown}{after}"

    def _core(self, core: str) -> str:
        known = self.stand_ins.known(core)
        if known is not None:
            return known
        whole = self._plain(core)
        if whole is not None:
            return whole
        if "://" in core:
            return self.url(core)
        if _MAIL.fullmatch(core):
            return self.stand_ins.of("mail", core)
        if not _JOINTS.search(core):
            return GONE
        pieces = [piece if index % 2 else self._piece(piece) for index, piece in enumerate(_JOINTS.split(core))]
        return GONE if all(piece in {"", GONE} for piece in pieces[::2]) else "".join(pieces)

    def _piece(self, piece: str) -> str:
        if not piece:
            return piece
        return self.stand_ins.known(piece) or self._plain(piece) or GONE

    def _plain(self, word: str) -> Optional[str]:
        """Return what may be shown of a word without joints, None if it is unknown."""
        if word.lower() in self._words or word in _PUBLIC_NAMES:
            return word
        if any(form.fullmatch(word) for form in (_NUMBER, _MOMENT, _HOURS)):
            return word
        if _is_counted(word):
            return word
        stripped = word.strip("_-")
        if stripped and stripped != word:
            return word if self._plain(stripped) == stripped else None
        return self._dotted(word) if _DOTTED.fullmatch(word) else None

    def _dotted(self, word: str) -> str:
        """Return a file's, a module's or a key's name; anything else with dots is taken for a host's."""
        last = word.rpartition(".")[2].lower()
        is_domain = last in _TOP_LEVEL or (len(last) == 2 and last.isalpha() and last not in _FILE_ENDINGS)
        shown = None if is_domain else self._labels(word)
        if shown is None:
            is_file = not is_domain and last in self._words
            return f"{GONE}.{last}" if is_file else self.stand_ins.of("host", word)
        return shown

    def _labels(self, word: str) -> Optional[str]:
        """Return a name in parts, stand-ins for those that are private, None if one is unknown."""
        shown = [self.stand_ins.known(label) or self._label(label) for label in word.split(".")]
        return None if None in shown else ".".join(map(str, shown))

    def _label(self, label: str) -> Optional[str]:
        is_known = label.isdigit() or label.strip("_").lower() in self._words
        return label if is_known or _is_counted(label) else None

    def _part_of_path(self, part: str) -> str:
        shown = self._labels(part) if part else part
        if shown is not None:
            return shown
        stem, dot, ending = part.rpartition(".")
        if dot and stem and ending.lower() in self._words:
            return f"{self.stand_ins.of('name', stem)}.{ending}"
        return self.stand_ins.of("name", part)

    def _shown_address(self, found: Match[str]) -> str:
        known = self._one_address(found[0])
        if known is not None:
            return known
        return found[0] if _CLOCK.fullmatch(found[0]) else GONE  # with a port, or with zeros in front

    def _one_address(self, word: str) -> Optional[str]:
        try:
            address = ipaddress.ip_address(word.partition("%")[0])
        except ValueError:
            return None
        is_everybodys = address.is_loopback or address.is_unspecified
        return str(address) if is_everybodys else self.stand_ins.of("address", str(address))

    def _network(self, network: str) -> str:
        base, slash, bits = network.partition("/")
        if not slash:
            return self._one_address(base) or self.stand_ins.of("address", base)
        return (
            f"{self.stand_ins.of('network', network)}/{bits}"
            if bits.isdigit()
            else self.stand_ins.of("network", network)
        )

    def _host(self, host: str) -> str:
        if host.lower() in _PUBLIC_NAMES or not host:
            return host.lower()
        return self._one_address(host) or self.stand_ins.of("host", host)

    def _template(self, template: str) -> str:
        """Return the fields of a text of the administrator's own, without its words."""
        parts = (part if _FIELD.fullmatch(part) else GONE for part in _FIELD.split(template) if part.strip())
        return " ".join(parts)


def _is_counted(word: str) -> bool:
    """Tell whether `word` is one of ours with a number; accounts and hosts have numbers, too, but no hyphen mostly."""
    numbered = _NUMBERED.fullmatch(word)
    return bool(_STAND_IN.fullmatch(word)) or (numbered is not None and numbered[1].lower() in _COUNTED)
