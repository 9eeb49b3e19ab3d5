"""Certificates as the files that servers and sinks want them in."""

from __future__ import annotations

from pathlib import Path

import trustme

LOOPBACK = "127.0.0.1"


def believed(folder: Path, authority: trustme.CA) -> Path:
    """Write down whom a client has to believe, in `folder`; return the path."""
    path = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


def pair(folder: Path, name: str, issuer: trustme.CA) -> dict[str, str]:
    """Write a certificate of `name` and of loopback, and its key; return the paths, and that of `believed`."""
    issued = issuer.issue_cert(name, LOOPBACK)
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    certificate.write_bytes(b"".join(part.bytes() for part in issued.cert_chain_pems))
    issued.private_key_pem.write_to_path(str(key))
    return {"certificate": str(certificate), "key": str(key), "ca": str(folder / "ca.pem")}
