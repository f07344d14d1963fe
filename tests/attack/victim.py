"""A VM that works, in a process of its own: it draws and is typed into, or does neither.

Reads "busy" or "quiet" from its standard input and says the same when it is so. The arguments are
the VM's socket and the host's.
"""

from __future__ import annotations

import select
import sys
import time

from tests.wire import Client, Seat, Window
from tests.wire.devices import PRESSED, RELEASED, VirtualKeyboard

KEY = 30
PAUSE_S = 0.004
"""Between a press and the release: many more keys than anybody types."""


def main() -> None:
    """Obey until the standard input ends."""
    vm, host = sys.argv[1:3]
    window = Window(Client(vm), title="victim")
    seat = Seat(window.client)
    with Client(host) as user:
        keyboard = VirtualKeyboard(user)
        # Whoever started this gives it the keyboard.
        print("shown", flush=True)
        window.client.wait_for(lambda: seat.focus, "the keyboard")
        print("ready", flush=True)
        while word := sys.stdin.readline().strip():
            heard = len(seat.keys)
            if word == "busy":
                _work(window, keyboard)
                assert len(seat.keys) > heard, "it is not typed into"
            window.client.roundtrip()
            print(word, flush=True)
            while word == "busy" and not select.select([sys.stdin], [], [], 0)[0]:
                _work(window, keyboard)


def _work(window: Window, keyboard: VirtualKeyboard) -> None:
    before = window.frames
    window.ask_frame()
    window.draw(*window.size)
    for state in (PRESSED, RELEASED):
        keyboard.key(KEY, state)
        time.sleep(PAUSE_S)
    window.client.wait_for(lambda: window.frames > before, "a frame")


if __name__ == "__main__":
    main()
