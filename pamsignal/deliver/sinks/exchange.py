"""What HTTP sinks are made of: a request, an answer, and the reading of the answer. Pure, and free of `requests`."""

from __future__ import annotations

import json
import re
from typing import Any, Callable, Dict, Iterable, Mapping, NamedTuple, Optional, Tuple, Union

from pamsignal.deliver.sinks.look import BOLD, Look, Run
from pamsignal.model import Alert, Refused, Result, Sent, TryLater
from pamsignal.render import escape
from pamsignal.secret import Secret

LONGEST_WAIT_SECONDS = 3600.0
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+(?=/|$)")  # without a name and password before the host
_SECONDS = re.compile(r"[0-9]{1,9}")

# Statuses that say "not now" without being a server's failure (RFC 9110, RFC 8470, RFC 6585).
_LATER = {408: "timeout", 425: "client_error", 429: "rate_limited"}
# Statuses that say that the whole channel is set up wrongly, whatever the alert.
_UNUSABLE = {401: "authentication", 403: "authentication", 404: "client_error", 410: "gone"}


class Request(NamedTuple):
    """One request. The URL is secret, because for chat services it is the key; so may be the value of a header.

    `hidden` are the secrets that stand as whole texts in the body, where a service wants its key there.
    """

    url: Secret
    headers: Mapping[str, Union[str, Secret]]
    body: bytes
    hidden: Tuple[Secret, ...] = ()
    method: str = "POST"

    def __repr__(self) -> str:
        return "Request(***)"


class Answer(NamedTuple):
    """What came back: header names in lower case, at most 64 kB of body, and when, in seconds since the epoch."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    time_seconds: float


class Channel(NamedTuple):
    """An HTTP sink as pure functions.

    `request_for` takes the time of this attempt in seconds since the epoch. `second_request_for` may offer one other
    way to say the same, where the answer shows that the first was not understood. `look_of` is how a request looks to
    people, where it is for people.
    """

    request_for: Callable[[Alert, int], Request]
    result_of: Callable[[Answer], Result]
    second_request_for: Callable[[Alert, Answer], Optional[Request]] = lambda _alert, _answer: None
    look_of: Callable[[Request], Iterable[Run]] = lambda _request: ()


def result_of(answer: Answer, detail: str = "") -> Result:
    """Return what `answer` means by its status alone; `detail` is added to the words for `status`."""
    status = answer.status
    said = f"HTTP {status}: {detail}" if detail else f"HTTP {status}"
    if 200 <= status < 300:
        return Sent()
    if status in _LATER:
        return TryLater(_LATER[status], said, after_seconds(answer), pause=status == 429)
    if status >= 500:
        return TryLater("server_error", said, after_seconds(answer))
    if status < 400:
        return Refused("redirect", f"{said}; redirects are not followed, configure the final URL")
    return Refused(_UNUSABLE.get(status, "client_error"), said, pause=status in _UNUSABLE)


def object_in(answer: Answer) -> Dict[str, Any]:
    """Return the JSON object that an answer is, an empty one where it is none."""
    try:
        parsed = json.loads(answer.body)
    except (ValueError, RecursionError):  # whatever a server may answer
        return {}
    return parsed if isinstance(parsed, dict) else {}


def json_request(
    url: Secret,
    payload: Dict[str, Any],
    headers: Optional[Mapping[str, Union[str, Secret]]] = None,
    hidden: Tuple[Secret, ...] = (),
) -> Request:
    """Return the request that posts `payload`."""
    body = json.dumps(payload).encode("ascii")
    return Request(url, {"Content-Type": "application/json", **(headers or {})}, body, hidden)


def payload_of(request: Request) -> Any:
    """Return what `json_request` was given."""
    return json.loads(request.body)


def titled(request: Request) -> Look:
    """Return how a message with `title` and `message` reads: the title in bold above it."""
    payload = payload_of(request)
    return Run(payload["title"], BOLD), Run(f"\n{payload['message']}")


def described(request: Request) -> str:
    """Return `request` in lines for people: the body as it is, header values as far as they are no secrets."""
    origin = _ORIGIN.match(request.url.reveal())
    head = [f"{request.method} {origin[0] if origin else ''}/***"]
    head += [f"{name}: {escape.for_terminal(str(value))}" for name, value in request.headers.items()]
    # Every body is JSON in ASCII: nothing in it moves a cursor, and it is shown as it goes.
    body = request.body.decode("ascii", "backslashreplace")
    for secret in request.hidden:
        body = body.replace(f'"{secret.reveal()}"', '"***"')
    return "\n".join([*head, "", body])


def after_seconds(answer: Answer) -> Optional[float]:
    """Return what Retry-After asks for (RFC 9110, 10.2.3: seconds or a date), within an hour; None if nothing."""
    text = answer.headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(text):
        return capped(float(text))
    date_seconds = _http_date(text)
    if date_seconds is None:
        return None
    # The difference to the server's own Date is right even where its clock, or ours, is not.
    return capped(date_seconds - (_http_date(answer.headers.get("date", "")) or answer.time_seconds))


def asked_seconds(asked: Any, answer: Answer) -> Optional[float]:
    """Return the wait that a body asks for in seconds; where that is no number, what the headers ask for."""
    if isinstance(asked, (int, float)) and not isinstance(asked, bool):
        return capped(asked)
    return after_seconds(answer)


def capped(seconds: float) -> float:
    """Return `seconds` within what we let a server ask for; 0 for what is no number (NaN is never greater)."""
    return float(min(max(0.0, seconds), LONGEST_WAIT_SECONDS))


def _http_date(text: str) -> Optional[float]:
    from email.utils import mktime_tz, parsedate_tz  # noqa: PLC0415 - only where a server sends a date

    try:
        parsed = parsedate_tz(text)
        return None if parsed is None else float(mktime_tz(parsed))
    except (ValueError, OverflowError, IndexError, TypeError):  # a date like the 99th of month 77
        return None
