"""The host's own addresses."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

from spectrum_session.vm.net.host_addresses import own_addresses

TRIE = """Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
     +-- 127.0.0.0/8 2 0 2
        +-- 127.0.0.0/31 1 0 0
           |-- 127.0.0.0
              /8 host LOCAL
           |-- 127.0.0.1
              /32 host LOCAL
     +-- 192.0.2.0/24 2 0 2
        |-- 192.0.2.2
           /32 host LOCAL
        |-- 192.0.2.255
           /32 link BROADCAST
Local:
        |-- 192.0.2.2
           /32 host LOCAL
     |-- 172.17.0.1
        /32 host LOCAL
"""


def test_the_hosts_own_addresses() -> None:
    assert own_addresses(TRIE) == ["192.0.2.2", "172.17.0.1"]
    for address in own_addresses():
        with socket.socket() as probe:
            probe.bind((address, 0))  # or it would be none of ours


# In a network of its own, whose addresses it may change.
WATCH = """
import asyncio, subprocess, sys
from pathlib import Path
from spectrum_session.vm.net.host_addresses import FILE, HostAddresses

async def main(directory):
    own, file = HostAddresses(directory), directory / FILE
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    own.start()
    print(file.read_text().split())
    for change in ("add", "del"):
        subprocess.run(["ip", "addr", change, "10.1.2.3/32", "dev", "lo"], check=True)
        while (file.read_text() != "") != (change == "add"):
            await asyncio.sleep(0.01)
        print(file.read_text().split())
    own.stop()

asyncio.run(asyncio.wait_for(main(Path(sys.argv[1])), 30))
"""


def test_the_file_follows_them(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            *("unshare", "--user", "--map-root-user", "--net"),
            *(sys.executable, "-c", WATCH, str(tmp_path)),
        ],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.splitlines() == ["[]", "['10.1.2.3']", "[]"], done.stderr
