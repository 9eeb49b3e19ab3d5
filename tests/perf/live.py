"""Load for a real host: `python -m tests.perf.live LINES_PER_SECOND SECONDS`, run beside the daemon.

Sends numbered lines to /dev/log at a steady rate and prints how many went out; compare with what journald stored
(`journalctl -t pamsignal-load --since … | wc -l`) and what the daemon read. Lift journald's limit first
(RateLimitIntervalSec=0, RateLimitBurst=0), else 1,250 lines a second is the ceiling. The lines claim to be nobody's
login: they load the reader and the parser, and no alert comes of them.
"""

import socket
import sys
import time

AUTH_INFO = 4 * 8 + 6  # facility auth, severity info: RFC 5424, 6.2.1
BURST_SECONDS = 0.01


def main(lines_per_second, seconds):
    sent = 0
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as syslog:
        syslog.connect("/dev/log")
        started = time.monotonic()
        while (elapsed := time.monotonic() - started) < seconds:
            for number in range(sent, int(elapsed * lines_per_second)):
                syslog.send(f"<{AUTH_INFO}>pamsignal-load[{number % 32768}]: line {number} of a load test".encode())
                sent = number + 1
            time.sleep(BURST_SECONDS)
    print(f"sent {sent} lines in {time.monotonic() - started:.1f} s")


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
