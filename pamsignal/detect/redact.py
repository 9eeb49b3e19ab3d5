"""The bones of a log line: its common words stay; whatever else stands in it goes, as somebody may have typed it."""

from __future__ import annotations

from typing import List

_GONE = "…"
_MOST_WORDS = 24

# Words of the messages of OpenSSH, Linux-PAM, sudo, su, login and logind. A password is none of them, mostly.
_TEXT = """
    a able accept accepted access account added address after agent algorithm all allowed already an and any as
    attempt attempts auth authenticated authenticating authentication bad banner be because been before bind by
    bytes cannot certificate change changed channel check cipher client close closed closing command compression
    configuration connect connected connection connections could count daemon data denied deprecated did directory
    disabled disconnect disconnected disconnecting does drop dropped dropping dsa ecdsa ed25519 empty end entry env
    error exceeded exchange exec exited expired fail failed failure failures fatal file first for forced forward
    found from gave get given got grace group had handshake has hash have home host hostbased hostname id
    identification ignored ignoring in incorrect info initialization input insecure interactive internal invalid is
    kerberos kex key keyboard keys killed last length limit line listen listener listening local lock locked log
    logged logging login logout many match matching max maximum message method missing mode module more msg multiple
    name negotiate negotiation new no none not now number of offer offered on only open opened option or other out
    over packet pam password pattern peer permission permitted port postponed preauth principal privilege privileges
    process protocol pty pubkey public publickey read reason received refused rejected rekey remote remove removed
    request requested required reset restart return reverse root rsa running seat seconds server service session set
    setting shell sig signal signature slave socket ssh ssh2 sshd start started starting starttls state status stop
    subsystem success successful sudo support supported system term terminated terminating the their this time timed
    timeout to too transfer tried try tty type uid unable unexpected unknown unsupported until update usage use used
    user username using valid value version was were when while will with without write wrong you your
"""
COMMON_WORDS = frozenset(_TEXT.split())
_EDGES = ".,:;!?()[]<>'\"="


def bones_of(message: str) -> str:
    """Return `message` with `…` in the place of every word that is not common: `Failed … for … from … port …`."""
    kept: List[str] = []
    for word in message.split(None, _MOST_WORDS)[:_MOST_WORDS]:
        bare = word.strip(_EDGES)
        shown = bare if bare.lower() in COMMON_WORDS else _GONE
        if shown != _GONE or kept[-1:] != [_GONE]:
            kept.append(shown)
    return " ".join(kept)
