"""Text to key."""

from pamsignal.model import Key
from pamsignal.parse.key import key

LONGEST = 1024  # what sshd can write in one line (log.c)


def test_a_text_longer_than_any_line_of_sshds_is_no_key():
    text = f"RSA SHA256:{'x' * (LONGEST - len('RSA SHA256:'))}"
    assert key(text) == Key("RSA", text.partition(" ")[2])
    assert key(f"{text}x") is None
