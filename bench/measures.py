"""The measures. Each starts the compositor afresh and returns numbers by key (see report.py)."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from . import gate as gates
from . import guest as guests
from . import vms as quiet
from .background import Background
from .clients import Clients
from .compositor import Compositor, Failed
from .devices import (
    FeelingWindow,
    Unsupported,
    VirtualKeyboard,
    VirtualPointer,
    key_delays,
    move,
)
from .foot import Foot, has_foot
from .peers import Peer
from .stats import gaps, median, percentile
from .window import LARGE, SMALL, Canvas
from .wire import Disconnected

Values = dict[str, float | str]
"""A number, or why there is none: "–" where the compositor cannot do it."""

MEGABYTE = 1e6
SETTLE_S = 1.5
"""From the start until a compositor is idle: fonts, themes and caches are loaded."""
MEASURES = ("start", "foot", "crowd", "drawing", "keys", "pointer", "gate", "vms", "guest")
DRAWING = (1, 4, 16, 64)
CROWDS = (1, 20, 200)
IDLE_CROWD = 20
FOOTS = 20
HERTZ = 1000
BUSY = 16
"""Windows that draw while keys are measured a second time."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to look. Numbers do not depend on it, only how steady they are."""

    runs: int
    idle_s: float
    draw_s: float
    crowd_s: float
    keys: int
    pointer_s: float
    rounds: int = 2
    """How often CPU time is measured, with all the others in between: a machine has its moods."""
    boots: int = 3
    drawing: tuple[int, ...] = DRAWING
    crowds: tuple[int, ...] = CROWDS


FULL = Effort(runs=5, idle_s=10, draw_s=10, crowd_s=4, keys=2000, pointer_s=5)
QUICK = Effort(
    runs=2,
    idle_s=2,
    draw_s=2,
    crowd_s=1,
    keys=200,
    pointer_s=1,
    rounds=1,
    boots=1,
    drawing=(1, 16),
    crowds=(1, 20),
)


def start(peer: Peer, canvas: Canvas, effort: Effort) -> Values:
    """From exec to the registry."""
    times = []
    size = (0, 0)
    for _ in range(effort.runs):
        with Compositor(peer) as compositor:
            times.append(compositor.start_s * 1000)
            size = compositor.output_size
    return {"start_ms": median(times), "output": f"{size[0]}×{size[1]}"}


def foot(peer: Peer, canvas: Canvas, effort: Effort) -> Values:
    """From exec of foot to its first frame."""
    if not has_foot():
        return {"foot_ms": "no foot"}
    times = []
    with Compositor(peer) as compositor:
        time.sleep(SETTLE_S)
        # The first one also warms the file cache and the compositor.
        for _ in range(effort.runs + 1):
            terminal = Foot(compositor)
            try:
                times.append(terminal.first_frame_s() * 1000)
            finally:
                terminal.close()
    return {"foot_ms": median(times[1:])}


def many_foot(peer: Peer, canvas: Canvas, effort: Effort) -> Values:
    """The memory that twenty real programs take."""
    if not has_foot():
        return {"rss_20_foot_mb": "no foot"}
    terminals: list[Foot] = []
    with Compositor(peer) as compositor:
        try:
            for number in range(FOOTS):
                terminals.append(Foot(compositor, number))
                terminals[-1].first_frame_s()
            time.sleep(SETTLE_S)
            return {"rss_20_foot_mb": compositor.rss_anon() / MEGABYTE}
        finally:
            for terminal in terminals:
                terminal.close()


def idle(peer: Peer, canvas: Canvas, effort: Effort) -> Values:
    """Nothing to show and nothing to do."""
    with Compositor(peer) as compositor:
        time.sleep(SETTLE_S)
        memory = compositor.rss_anon() / MEGABYTE
        return {"rss_idle_mb": memory, **_idle(compositor, effort.idle_s, "idle")}


def crowd(count: int, peer: Peer, canvas: Canvas, effort: Effort) -> Values:
    """With many windows: memory, wake-ups, and what a frame of one of them costs."""
    values: Values = {}
    with Compositor(peer) as compositor, Clients(compositor.socket, canvas) as clients:
        clients.open(count, compositor.before_window)
        clients.run(SETTLE_S)
        values[f"rss_{count}_mb"] = compositor.rss_anon() / MEGABYTE
        if count == IDLE_CROWD:
            values.update(_idle(compositor, effort.idle_s / 2, f"idle_{count}"))
        window = clients.windows[0]
        window.draw(SMALL)
        clients.run(0.5)
        window.frames.clear()
        before = compositor.usage()
        clients.run(effort.crowd_s / effort.rounds)
        used = compositor.usage().since(before)
        frames = len(window.frames)
        values[f"frame_{count}_us"] = used.cpu_s * 1e6 / frames if frames else "no frame"
    return values


def _idle(compositor: Compositor, seconds: float, name: str) -> Values:
    before = compositor.usage()
    time.sleep(seconds)
    used = compositor.usage().since(before)
    return {
        f"{name}_cpu_ms": used.cpu_s * 1000 / seconds,
        f"{name}_wakeups": used.wakeups / seconds,
    }


def drawing(count: int, peer: Peer, canvas: Canvas, effort: Effort) -> Values:
    """Windows that all draw at frame rate."""
    with Compositor(peer) as compositor, Clients(compositor.socket, canvas) as clients:
        clients.open(count, compositor.before_window)
        for window in clients.windows:
            window.draw(LARGE)
        clients.run(1)
        for window in clients.windows:
            window.frames.clear()
        load_before = time.process_time()
        before = compositor.usage()
        begin = time.perf_counter()
        clients.run(effort.draw_s / effort.rounds)
        elapsed = time.perf_counter() - begin
        used = compositor.usage().since(before)
        load = time.process_time() - load_before
        # A window that got no frame at all waited for the whole time.
        worst = max(
            percentile(gaps(window.frames), 99) if len(window.frames) > 1 else elapsed
            for window in clients.windows
        )
        frames = sum(len(window.frames) for window in clients.windows)
        return {
            f"draw_{count}_cpu_s": used.cpu_s * 10 / elapsed,
            f"draw_{count}_fps": frames / len(clients.windows) / elapsed,
            f"draw_{count}_p99_ms": worst * 1000,
            f"draw_{count}_load_s": load * 10 / elapsed,
        }


def keys(peer: Peer, canvas: Canvas, effort: Effort) -> Values:
    """From a key press to the client, alone and while sixteen others draw."""
    values: Values = {}
    with Compositor(peer) as compositor, VirtualKeyboard(compositor.socket) as keyboard:
        for name, others in (("key", 0), ("busy_key", BUSY)):
            with (
                Background(compositor, canvas, others),
                FeelingWindow(compositor.socket, canvas) as window,
            ):
                window.listen_keyboard()
                delays = key_delays(keyboard, window, effort.keys)
            for percent in (50, 99):
                values[f"{name}_p{percent}_ms"] = percentile(delays, percent) * 1000
    return values


def pointer(peer: Peer, canvas: Canvas, effort: Effort) -> Values:
    """A fast mouse over a window."""
    with (
        Compositor(peer) as compositor,
        VirtualPointer(compositor.socket) as mouse,
        FeelingWindow(compositor.socket, canvas) as window,
    ):
        width, height = compositor.output_size
        mouse.place(width // 2, height // 2)
        window.listen_pointer()
        move(mouse, window, HERTZ, 0.5)
        before = compositor.usage()
        rate, felt = move(mouse, window, HERTZ, effort.pointer_s)
        used = compositor.usage().since(before)
    return {
        "pointer_cpu_ms": used.cpu_s * 1000 / effort.pointer_s * HERTZ / rate,
        "pointer_felt": felt / effort.pointer_s,
    }


def gate(peer: Peer, canvas: Canvas, effort: Effort) -> Values:
    """What a VM's gate costs, for those that have any."""
    found = gates.gate(
        *(peer, canvas), draw_s=effort.draw_s, pointer_s=effort.pointer_s, syncs=effort.keys
    )
    return {**found}


def vms(peer: Peer, canvas: Canvas, effort: Effort) -> Values:
    """What VMs cost that are quiet, for those that have any."""
    return {**quiet.vms(peer, idle_s=effort.idle_s)}


def guest(peer: Peer, canvas: Canvas, effort: Effort) -> Values:
    """What a VM that is a machine costs, for those that start any."""
    return {**guests.guest(peer, canvas, draw_s=effort.draw_s, runs=effort.boots)}


@dataclass(frozen=True, slots=True)
class Step:
    """A part of a measure, taken of all compositors one after the other."""

    take: Callable[[Peer, Canvas, Effort], Values]
    keys: tuple[str, ...]
    """The rows where it says so when it fails."""
    rounds: int = 1


def steps(measure: str, effort: Effort) -> list[Step]:
    """What a measure consists of."""
    rounds = effort.rounds
    if measure == "start":
        return [Step(start, ("start_ms",), rounds)]
    if measure == "foot":
        return [Step(foot, ("foot_ms",), rounds), Step(many_foot, ("rss_20_foot_mb",))]
    if measure == "crowd":
        return [
            Step(idle, ("rss_idle_mb", "idle_cpu_ms", "idle_wakeups")),
            *(
                Step(partial(crowd, count), (f"rss_{count}_mb", f"frame_{count}_us"), rounds)
                for count in effort.crowds
            ),
        ]
    if measure == "drawing":
        return [
            Step(
                partial(drawing, count),
                (f"draw_{count}_cpu_s", f"draw_{count}_fps", f"draw_{count}_p99_ms"),
                rounds,
            )
            for count in effort.drawing
        ]
    if measure == "keys":
        names = ("key_p50_ms", "key_p99_ms", "busy_key_p50_ms", "busy_key_p99_ms")
        return [Step(keys, names)]
    if measure == "pointer":
        return [Step(pointer, ("pointer_cpu_ms", "pointer_felt"))]
    if measure == "gate":
        return [Step(gate, gates.KEYS)]
    if measure == "vms":
        return [Step(vms, quiet.KEYS)]
    if measure == "guest":
        return [Step(guest, guests.KEYS)]
    raise ValueError(f"no measure is called {measure!r}")


def run(step: Step, peer: Peer, canvas: Canvas, effort: Effort) -> tuple[Values, str]:
    """Take a step; what went wrong is in the second value, for people."""
    try:
        return step.take(peer, canvas, effort), ""
    except Unsupported:
        return dict.fromkeys(step.keys, "–"), ""
    except (Failed, Disconnected, OSError, LookupError) as failure:
        # For a cell of the table it has to be short.
        word = str(failure) if isinstance(failure, Failed) else "failed"
        return dict.fromkeys(step.keys, word), f"{type(failure).__name__}: {failure}"


def together(rounds: Sequence[Values]) -> Values:
    """One value from those of all rounds: the mean; of the worst, the worst.

    Where a round failed, that is what is told.
    """
    found: Values = {}
    for key in dict.fromkeys(key for values in rounds for key in values):
        values = [values[key] for values in rounds if key in values]
        words = [value for value in values if isinstance(value, str)]
        numbers = [value for value in values if not isinstance(value, str)]
        if words:
            found[key] = words[0]
        elif "_p99_" in key:
            found[key] = max(numbers)
        else:
            found[key] = sum(numbers) / len(numbers)
    return found
