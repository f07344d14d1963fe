"""Many clients in one process: `python -m tests.wire.crowd COUNT SOCKET…` and kill it.

Writes a line when every client shows a window; then waits.
"""

from __future__ import annotations

import select
import sys

from .client import Client
from .window import Window


def main() -> None:
    """Open the windows, one client each, on the sockets in turn."""
    count, paths = int(sys.argv[1]), sys.argv[2:]
    clients = []
    for number in range(count):
        client = Client(paths[number % len(paths)])
        clients.append((client, Window(client, title="crowd", color=(20, 90, 20))))
    print("ready", flush=True)
    while True:
        readable, _, _ = select.select([client for client, _ in clients], [], [])
        for client in readable:
            client.pump()


main()
