"""Words for a TLS handshake that failed: what is wrong with the certificate, and what to do."""

from __future__ import annotations

import ssl

OTHER_NAME = "the certificate is for another host name"

_CERTIFICATE = {  # X509_V_ERR_* of OpenSSL's x509_vfy.h
    9: "the certificate is not valid yet; look at the clock of this host",
    10: "the certificate has expired",
    18: "the certificate is self-signed; name its authority in ca_file",
    19: "an authority in the chain is not known; name it in ca_file",
    20: "the certificate's authority is not known; name it in ca_file",
    62: OTHER_NAME,
    64: "the certificate is for another address",
}


def words_for(error: ssl.SSLError) -> str:
    """Return what went wrong: by codes and OpenSSL's constants alone, such as WRONG_VERSION_NUMBER."""
    if isinstance(error, ssl.SSLCertVerificationError):
        # Without a code it is not OpenSSL's: urllib3 1.26 lets ssl.match_hostname() of Python 3.9 compare names.
        code = getattr(error, "verify_code", None)
        return OTHER_NAME if code is None else _CERTIFICATE.get(code, f"the certificate was not accepted (code {code})")
    reason = (error.reason or "").replace("_", " ").lower()
    return f"the TLS handshake failed ({reason})" if reason else "the TLS handshake failed"
