"""Tells systemd about start, reload and stop (sd_notify(3), for units of Type=notify or notify-reload). Silent elsewhere."""

import contextlib
import os
import socket
import time


def notify(state: str) -> None:
    """Send for example "READY=1". A manager that does not listen changes nothing for us."""
    path = os.environ.get("NOTIFY_SOCKET", "")
    if not path.startswith(("/", "@")):
        return
    if state == "RELOADING=1":
        state += f"\nMONOTONIC_USEC={time.monotonic_ns() // 1000}"
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notifier:
        notifier.setblocking(False)
        notifier.sendto(state.encode(), "\0" + path[1:] if path[0] == "@" else path)
