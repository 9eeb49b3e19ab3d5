"""A real SMTP server on loopback, by aiosmtpd: with STARTTLS or TLS, with a login, and with replies by script."""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage
from typing import Any, Dict, List, NamedTuple, Optional

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from tests.harness.waiting import PATIENCE_S
from tests.harness.web import context_of, unused_port

ACCOUNT = {b"alerts": b"correct-horse"}


class Delivered(NamedTuple):
    """One message that arrived: its envelope, and what it says."""

    sender: str
    recipients: List[str]
    message: EmailMessage
    raw: bytes


class MailServer:
    """Takes mail as `security` says (starttls, tls or none); `login` wants one; `replies` are by command."""

    def __init__(
        self,
        certificate: Optional[trustme.LeafCert] = None,
        security: str = "starttls",
        replies: Optional[Dict[str, str]] = None,
        *,
        login: bool = False,
    ) -> None:
        self.delivered: List[Delivered] = []
        self._replies = replies or {}
        context = None if certificate is None else context_of(certificate)
        self._controller = Controller(
            self,
            hostname="127.0.0.1",
            port=unused_port(),
            ready_timeout=PATIENCE_S,
            ssl_context=context if security == "tls" else None,
            tls_context=context if security == "starttls" else None,
            require_starttls=security == "starttls" and certificate is not None,
            auth_required=login,
            auth_require_tls=security != "tls",  # it does not notice TLS from the first byte on
            authenticator=self._authenticate,
        )
        self.port = self._controller.port

    def __enter__(self) -> MailServer:  # noqa: PYI034 - Self is of Python 3.11
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    def _authenticate(self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, given: Any) -> AuthResult:
        return AuthResult(success=ACCOUNT.get(given.login) == given.password, handled=False)

    async def handle_MAIL(self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _o: Any) -> str:  # noqa: N802 - the server calls it so
        envelope.mail_from = address
        return self._replies.get("MAIL", "250 OK")

    async def handle_RCPT(self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _o: Any) -> str:  # noqa: N802 - likewise
        reply = self._replies.get(address, self._replies.get("RCPT", "250 OK"))
        if reply.startswith("250"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - likewise
        reply = self._replies.get("DATA", "250 OK")
        if reply.startswith("250"):
            raw = bytes(envelope.content or b"")
            message = email.message_from_bytes(raw, policy=email.policy.default)
            self.delivered.append(Delivered(str(envelope.mail_from), envelope.rcpt_tos, message, raw))
        return reply
