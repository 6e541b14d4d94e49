"""In every Python process whose PYTHONPATH leads here: notes each attempt to reach anything but this machine."""

import os
import sys
from pathlib import Path

_LOG = os.environ.get("CONNECTION_LOG")
_HERE = ("127.", "::1", "localhost", "0.0.0.0", "::ffff:127.")


def _note(event: str, arguments: tuple[object, ...]) -> None:
    if event == "socket.connect":
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else None  # a path: a socket of this machine
    elif event == "socket.getaddrinfo":
        host = arguments[0]
    else:
        return
    if isinstance(host, bytes):
        host = host.decode()
    if _LOG and isinstance(host, str) and host and not host.startswith(_HERE):
        with Path(_LOG).open("a") as log:
            log.write(f"{event} {host} by {' '.join(sys.orig_argv)[:200]}\n")


sys.addaudithook(_note)
