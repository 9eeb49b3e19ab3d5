"""Reading what the kernel and other programs wrote: bounded, and a miss is nothing."""

from __future__ import annotations

_CHUNK_BYTES = 65_536  # the kernel gives a page at a time of its tables, whatever is asked for


def content_of(path: str, most_bytes: int) -> bytes:
    """Return the first `most_bytes` of a file, or b"" if it cannot be read. Never raises."""
    content = bytearray()
    try:
        with open(path, "rb", buffering=0) as file:
            while len(content) < most_bytes and (chunk := file.read(min(_CHUNK_BYTES, most_bytes - len(content)))):
                content += chunk
    except OSError:
        return b""
    return bytes(content)
