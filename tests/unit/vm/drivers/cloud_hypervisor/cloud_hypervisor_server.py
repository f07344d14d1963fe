#!/usr/bin/env python3
"""A server that implements those calls of cloud-hypervisor's API which the session makes.

It stands on PATH as `cloud-hypervisor`, takes the same options, and has the same states. Instead of
booting a kernel it runs it: the file is a Python program, which is told the machine's vsock and its
initramfs, prints on its serial port, and has its console as standard input. When the program ends
with 0 the guest has shut down, with 3 it restarts, else its monitor ends as if it had crashed.

FAULTS is what it does wrong: of a call one of `slow`, `error`, `close`, `garbage`, `huge`, `exit`;
of "events" one of `garbage`, `flood`. The standard library is all that it needs, so that it can be
copied into a sandbox alone.
"""

from __future__ import annotations

import contextlib
import json
import os
import pty
import signal
import socket
import socketserver
import subprocess
import sys
import threading
import tty
from http.server import BaseHTTPRequestHandler
from typing import Any

FAULTS: dict[str, str] = {}
FEATURES: list[str] = []
"""`gpu`: built with Spectrum's patch."""

SHUT_DOWN, RESTARTS = 0, 3


def writable(path: str) -> Any:
    """A file that is written to for as long as this runs, without a buffer."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb", 0)


class Events:
    """The event monitor: JSON over several lines each, as cloud-hypervisor writes it."""

    def __init__(self, path: str) -> None:
        self._file: Any = writable(path) if path else None
        self._lock = threading.Lock()

    def tell(self, source: str, event: str) -> None:
        if self._file is None:
            return
        told = {
            "timestamp": {"secs": 1, "nanos": 0},
            "source": source,
            "event": event,
            "properties": None,
        }
        text = json.dumps(told, indent=2).encode() + b"\n\n"
        if FAULTS.get("events") == "flood":
            threading.Thread(target=self._flood, args=[text], daemon=True).start()
        with self._lock, contextlib.suppress(OSError):
            # Who reads it may be gone: that is nobody's trouble.
            self._file.write(b"\x1b]no json" if FAULTS.get("events") == "garbage" else text)

    def _flood(self, text: bytes) -> None:
        with contextlib.suppress(OSError):
            while True:
                self._file.write(text)


class Refused(Exception):
    def __init__(self, status: int, *text: str) -> None:
        super().__init__(*text)
        self.status = status


class Machine:
    """The machine, and what can be done with it. One thing at a time."""

    def __init__(self, events: Events) -> None:
        self.events = events
        self.lock = threading.RLock()
        self.state: str | None = None
        self.config: dict[str, Any] = {}
        self.guest: subprocess.Popen[bytes] | None = None
        self.console: tuple[int, int] | None = None
        self.serial: Any = None

    def create(self, body: bytes) -> None:
        config = json.loads(body)
        if self.state is not None:
            raise Refused(500, "Error from API", "The VM is already created")
        if not isinstance(config, dict) or "payload" not in config:
            raise Refused(400, "missing field `payload`")
        if "gpu" not in FEATURES:
            config.pop("gpu", None)
        if config.get("console", {}).get("mode") == "Pty":
            master, slave = pty.openpty()
            tty.setraw(master)
            config["console"]["file"] = os.ttyname(slave)
            self.console = master, slave
        self.config, self.state = config, "Created"
        self.events.tell("vm", "created")

    def boot(self, _body: bytes = b"") -> None:
        self.needs("Created", "Shutdown")
        self.events.tell("vm", "booting")
        if "vsock" in self.config:
            self._vsock(self.config["vsock"]["socket"])
        serial = self.config.get("serial", {})
        self.serial = writable(serial["file"]) if serial.get("mode") == "File" else None
        try:
            self._run()
        except OSError as error:
            raise Refused(500, "Error from API", "The VM could not boot", str(error)) from error
        self.state = "Running"
        self.events.tell("vm", "booted")

    def _vsock(self, path: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        self.vsock = socket.socket(socket.AF_UNIX)
        self.vsock.bind(path)
        self.vsock.listen()

    def _run(self) -> None:
        payload = self.config["payload"]
        open(payload["kernel"]).close()
        for disk in self.config.get("disks", []):
            open(disk["path"]).close()
        argv = [sys.executable, payload["kernel"], self.config.get("vsock", {}).get("socket", "")]
        argv.append(payload.get("initramfs", ""))
        self.guest = subprocess.Popen(
            argv,
            stdin=self.console[0] if self.console else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            env={**os.environ, "CMDLINE": payload.get("cmdline", "")},
        )
        threading.Thread(target=self._watch, args=[self.guest], daemon=True).start()

    def _print(self, guest: subprocess.Popen[bytes]) -> None:
        """The serial port: what the guest prints goes on, or is lost when nobody takes it."""
        assert guest.stdout is not None
        while data := os.read(guest.stdout.fileno(), 1 << 12):
            with contextlib.suppress(OSError):
                if self.serial is not None:
                    self.serial.write(data)

    def _watch(self, guest: subprocess.Popen[bytes]) -> None:
        printing = threading.Thread(target=self._print, args=[guest], daemon=True)
        printing.start()
        status = guest.wait()
        # Programs that it left behind may hold its output open.
        printing.join(1)
        with self.lock:
            if self.guest is not guest:
                return
            if status == SHUT_DOWN:
                self.events.tell("vm", "shutdown")
                self.events.tell("vmm", "shutdown")
                os._exit(0)
            if status != RESTARTS:
                print(f"cloud-hypervisor: the guest's program ended with {status}", file=sys.stderr)
                os._exit(1)
            self.events.tell("vm", "rebooting")
            self._run()
            self.events.tell("vm", "rebooted")

    def shutdown(self, _body: bytes = b"") -> None:
        self.needs("Running", "Paused")
        self._end_guest()
        self.state = "Shutdown"
        self.events.tell("vm", "shutdown")

    def _end_guest(self) -> None:
        guest, self.guest = self.guest, None
        if guest is not None:
            guest.kill()

    def power_button(self, _body: bytes = b"") -> None:
        self.needs("Running")
        if self.guest is not None:
            self.guest.send_signal(signal.SIGTERM)

    def pause(self, _body: bytes = b"") -> None:
        self.needs("Running")
        self.state = "Paused"

    def resume(self, _body: bytes = b"") -> None:
        self.needs("Paused")
        self.state = "Running"

    def delete(self, _body: bytes = b"") -> None:
        self._end_guest()
        self.state, self.config = None, {}
        self.events.tell("vm", "deleted")

    def info(self, _body: bytes = b"") -> dict[str, Any]:
        self.needs("Created", "Running", "Shutdown", "Paused")
        return {"config": self.config, "state": self.state, "memory_actual_size": 1 << 30}

    def ping(self, _body: bytes = b"") -> dict[str, Any]:
        return {"build_version": "v48.0", "version": "48.0.0", "pid": os.getpid(), "features": []}

    def shutdown_vmm(self, _body: bytes = b"") -> None:
        self._end_guest()
        self.events.tell("vmm", "shutdown")
        threading.Timer(0.05, os._exit, [0]).start()

    def needs(self, *states: str) -> None:
        if self.state is None:
            raise Refused(404, "Error from API", "The VM is not created")
        if self.state not in states:
            raise Refused(405, "Error from API", f"The VM is {self.state}")


CALLS: dict[tuple[str, str], Any] = {
    ("GET", "vmm.ping"): Machine.ping,
    ("GET", "vm.info"): Machine.info,
    ("PUT", "vm.create"): Machine.create,
    ("PUT", "vm.boot"): Machine.boot,
    ("PUT", "vm.shutdown"): Machine.shutdown,
    ("PUT", "vm.power-button"): Machine.power_button,
    ("PUT", "vm.pause"): Machine.pause,
    ("PUT", "vm.resume"): Machine.resume,
    ("PUT", "vm.delete"): Machine.delete,
    ("PUT", "vmm.shutdown"): Machine.shutdown_vmm,
}


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        name = self.path.removeprefix("/api/v1/")
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if self.do_wrong(FAULTS.get(name)):
            return
        call = CALLS.get((self.command, name))
        assert isinstance(self.server, Server)
        machine = self.server.machine
        try:
            if call is None:
                raise Refused(404, "There is no such call")
            with machine.lock:
                said = call(machine, body)
        except Refused as refused:
            self.say(refused.status, json.dumps(refused.args).encode())
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            self.say(400, json.dumps(["Error", str(error)]).encode())
        else:
            told = b"" if said is None else json.dumps(said).encode()
            self.say(200 if told else 204, told)

    def do_PUT(self) -> None:
        self.do_GET()

    def say(self, status: int, body: bytes) -> None:
        """As cloud-hypervisor says it: without a reason, and without a date."""
        head = f"HTTP/1.1 {status} \r\nServer: Cloud Hypervisor API\r\nConnection: keep-alive\r\n"
        if body:
            head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        self.wfile.write(f"{head}\r\n".encode() + body)

    def do_wrong(self, fault: str | None) -> bool:
        """True when that was all there is to be."""
        if fault == "error":
            self.say(500, b'["Error from API","what it says \\u001b[31m of itself"]')
        elif fault == "close":
            self.wfile.write(b"HTTP/1.1 200 \r\nContent-Length: 1000\r\n\r\n{")
        elif fault == "garbage":
            self.wfile.write(b"\x00\xff\r\n\r\n" * 100)
        elif fault == "nonsense":
            self.say(200, b"[" * 100_000)
        elif fault == "huge":
            self.wfile.write(b"HTTP/1.1 200 \r\n\r\n")
            with contextlib.suppress(OSError):
                while True:
                    self.wfile.write(b" " * (1 << 16))
        elif fault == "slow":
            threading.Event().wait()
        elif fault == "exit":
            print("cloud-hypervisor: a panic of its own", file=sys.stderr, flush=True)
            os._exit(101)
        else:
            return False
        self.close_connection = True
        return True

    def log_message(self, *_args: object) -> None:
        """Nothing: what it prints is for its own words."""


class Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    request_queue_size = 64
    machine: Machine


def main() -> None:
    options = dict(zip(sys.argv[1::2], sys.argv[2::2], strict=True))
    path = options["--api-socket"].removeprefix("path=")
    events = Events(options.get("--event-monitor", "").removeprefix("path="))
    events.tell("vmm", "starting")
    with Server(path, Handler) as server:
        server.machine = Machine(events)
        signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
        server.serve_forever()


if __name__ == "__main__":
    main()
