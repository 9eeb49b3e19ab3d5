"""Run in the daemon's place with peers as arguments (ADDRESS PORT ...): says what can be looked up from in there."""

import json
import sys
import time
from ipaddress import ip_address

from pamsignal.enrich import Enricher, Settings
from pamsignal.model import AuthEvent, Endpoint
from pamsignal.terms import Action


def login_of(ip, port):
    return AuthEvent(
        id="",
        time_us=time.time_ns() // 1000,
        hostname=None,
        service="sshd",
        action=Action.LOGIN_SUCCESS,
        source=Endpoint(ip_address(ip), int(port)),
    )


def main(words):
    enricher = Enricher(Settings())
    enricher.look(time.time_ns() // 1000)
    contexts = [enricher.context_of(login_of(*pair)) for pair in zip(words[::2], words[1::2])]
    found = [context.destination and [str(context.destination.ip), context.destination.port] for context in contexts]
    origins = [context.origin.value for context in contexts]
    print(
        "LOOKUP", json.dumps({"destinations": found, "origins": origins, "problems": enricher.problems()}), flush=True
    )


main(sys.argv[1:])
