"""The table: rows, how numbers are written, what we want to reach, ratios. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from .stats import ratio

Values = Mapping[str, float | str]
All = Mapping[str, Values]
"""Values by compositor."""

OURS = "ours"
SWAY = "sway"
MISSING = "–"
BEGIN = "<!-- bench: begin (written by `make bench`) -->"
END = "<!-- bench: end -->"


@dataclass(frozen=True, slots=True)
class Target:
    """What we want to reach."""

    text: str
    met: Callable[[All], bool | None]
    """None: it cannot be told, because a number is not there."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table."""

    key: str
    label: str
    digits: int
    """Behind the point."""
    target: Target | None = None
    compare: bool = True
    """Say the ratio: not where less is neither better nor worse, or it is mostly zero."""


def at_most(key: str, limit: float) -> Target:
    """Our number is no more than this."""

    def met(values: All) -> bool | None:
        ours = _number(values, OURS, key)
        return None if ours is None else ours <= limit

    return Target(f"≤ {limit:g}", met)


def at_least(key: str, limit: float) -> Target:
    """Our number is no less than this."""

    def met(values: All) -> bool | None:
        ours = _number(values, OURS, key)
        return None if ours is None else ours >= limit

    return Target(f"≥ {limit:g}", met)


def times_sway(key: str, limit: float) -> Target:
    """Our number is at most so many times sway's."""

    def met(values: All) -> bool | None:
        ours, sway = _number(values, OURS, key), _number(values, SWAY, key)
        return None if ours is None or sway is None else ours <= limit * sway

    return Target(f"≤ {limit:g}× sway", met)


def at_most_above(key: str, base: str, limit: float) -> Target:
    """Our number is at most so much above another of ours."""

    def met(values: All) -> bool | None:
        ours, before = _number(values, OURS, key), _number(values, OURS, base)
        return None if ours is None or before is None else ours - before <= limit

    return Target(f"≤ idle + {limit:g}", met)


def _drawing(count: int) -> list[Row]:
    what = f"{count} client{'s' if count > 1 else ''} drawing"
    cpu, fps, p99 = (f"draw_{count}_{key}" for key in ("cpu_s", "fps", "p99_ms"))
    return [
        Row(
            cpu,
            f"{what}: CPU in 10 s, s",
            2,
            times_sway(cpu, 1.2) if count in (4, 16) else None,
        ),
        Row(fps, f"{what}: mean fps", 1, at_least(fps, 57) if count == 16 else None, False),
        Row(
            p99,
            f"{what}: worst client's p99 frame gap, ms",
            1,
            at_most(p99, 25) if count == 16 else None,
            False,
        ),
    ]


ROWS: Sequence[Row] = [
    Row("output", "output, pixels", 0, compare=False),
    Row("start_ms", "exec to registry answered, ms", 0, at_most("start_ms", 250)),
    Row("foot_ms", "foot, exec to first frame, ms", 1, times_sway("foot_ms", 1.3)),
    Row("rss_idle_mb", "RssAnon idle, MB", 1, at_most("rss_idle_mb", 30)),
    Row(
        "rss_20_mb",
        "RssAnon with 20 windows, MB",
        1,
        at_most_above("rss_20_mb", "rss_idle_mb", 5),
    ),
    Row("rss_200_mb", "RssAnon with 200 windows, MB", 1),
    Row("rss_20_foot_mb", "RssAnon with 20 foot, MB", 1),
    Row("idle_cpu_ms", "idle: CPU, ms a second", 2, compare=False),
    Row("idle_wakeups", "idle: wake-ups a second", 1, at_most("idle_wakeups", 0), False),
    Row("idle_20_cpu_ms", "idle with 20 windows: CPU, ms a second", 2, compare=False),
    Row("idle_20_wakeups", "idle with 20 windows: wake-ups a second", 1, compare=False),
    *(row for count in (1, 4, 16, 64) for row in _drawing(count)),
    Row("frame_1_us", "CPU for a frame of one client, alone, µs", 0),
    Row("frame_20_us", "the same among 20 windows, µs", 0),
    Row("frame_200_us", "the same among 200 windows, µs", 0),
    Row("key_p50_ms", "key press to client, p50, ms", 2),
    Row("key_p99_ms", "key press to client, p99, ms", 2, at_most("key_p99_ms", 3)),
    Row("busy_key_p50_ms", "the same while 16 clients draw, p50, ms", 2),
    Row("busy_key_p99_ms", "the same while 16 clients draw, p99, ms", 2),
    Row("pointer_cpu_ms", "pointer at 1000 Hz: CPU, ms a second", 0),
    Row("pointer_felt", "pointer at 1000 Hz: motions told a second", 0, compare=False),
    Row(
        "gate_start_ms",
        "gate: VM started to first answer through it, ms",
        0,
        at_most("gate_start_ms", 150),
    ),
    Row("gate_rss_mb", "gate: RssAnon, MB", 1, at_most("gate_rss_mb", 20)),
    Row("host_rt_p50_us", "round trip without a gate, p50, µs", 0),
    Row(
        "gate_added_p50_us",
        "gate: added to a round trip, p50, µs",
        0,
        at_most("gate_added_p50_us", 150),
    ),
    Row(
        "gate_added_p99_us",
        "gate: added to a round trip, p99, µs",
        0,
        at_most("gate_added_p99_us", 1000),
    ),
    Row(
        "gate_draw_cpu",
        "gate: CPU for a client at frame rate, % of a core",
        2,
        at_most("gate_draw_cpu", 1.5),
    ),
    Row("gate_copied_cpu", "the same when its memory cannot be sealed, 1920×1080", 1),
    Row(
        "gate_16_fps",
        "16 clients in 4 VMs drawing: mean fps",
        1,
        at_least("gate_16_fps", 57),
    ),
    Row("gate_16_cpu", "the same: CPU of the 4 gates, % of a core", 1),
    Row(
        "gate_pointer_cpu",
        "gate: CPU for a pointer at 1000 Hz, % of a core",
        1,
        at_most("gate_pointer_cpu", 5),
    ),
    Row("vms_none_mb", "no VM defined, at rest: RssAnon, MB", 1),
    Row("vms_none_cpu_ms", "the same: CPU, ms a second", 2),
    Row("vms_none_wakeups", "the same: wake-ups a second", 1),
    Row("vms_defined_mb", "50 VMs defined, none running: RssAnon, MB", 1),
    Row(
        "vms_mb",
        "50 VMs defined, 12 running, at rest: RssAnon, MB",
        1,
        at_most_above("vms_mb", "vms_none_mb", 5),
    ),
    Row("vms_cpu_ms", "the same: CPU, ms a second", 2, at_most("vms_cpu_ms", 0)),
    Row("vms_wakeups", "the same: wake-ups a second", 1, at_most("vms_wakeups", 0)),
    Row("vm_processes", "the same: processes for each VM that runs (local)", 1),
    Row("vm_gate_mb", "the same: RssAnon of a gate, MB", 1),
    Row("vm_gate_cpu_ms", "the same: CPU of all 12 gates, ms a second", 2),
    Row("vm_gate_wakeups", "the same: wake-ups of all 12 gates a second", 1),
    Row("guest_start_s", "guest: VM started to its first window, s", 1),
    Row("guest_vmm_s", "of that: QEMU, until the kernel's first line, s", 1),
    Row("guest_kernel_s", "of that: the kernel and its drivers, s", 1),
    Row("guest_user_s", "of that: user space, until its agent answers, s", 1),
    Row("guest_transport_s", "of that: the transport, s", 1),
    Row("guest_app_s", "of that: the application (foot), s", 1),
    Row("direct_fps", "one client drawing on the host: fps", 1),
    Row("direct_cpu", "the same: CPU of the compositor, % of a core", 1),
    Row("guest_fps", "the same client in the guest, through waypipe: fps", 1),
    Row("guest_compositor_cpu", "the same: CPU of the compositor, % of a core", 1),
    Row("guest_gate_cpu", "the same: CPU of the gate, % of a core", 1),
    Row("guest_waypipe_cpu", "the same: CPU of waypipe on the host, % of a core", 1),
    Row("guest_cpu", "the same: CPU of all the VM's processes on the host, % of a core", 1),
    Row("guest_mb", "a guest of 768 MB at rest: memory on the host, MB", 0),
    Row("guest_idle_cpu", "the same: CPU of all its processes, % of a core", 2),
]


def cell(row: Row, values: All, name: str) -> str:
    """What stands in a column: the number, and in parentheses how many times it ours is."""
    value = values[name].get(row.key, MISSING)
    if isinstance(value, str):
        return value
    text = f"{value:.{row.digits}f}"
    ours = _number(values, OURS, row.key)
    if row.compare and name != OURS and ours is not None:
        times = ratio(ours, value)
        if times is not None:
            text += f" ({times:.{1 if times < 10 else 0}f}×)"
    return text


def verdict(target: Target | None, values: All) -> str:
    """The target, and whether it is met."""
    if target is None:
        return ""
    met = target.met(values)
    return f"{target.text}: {'not known' if met is None else 'met' if met else '**not met**'}"


def table(values: All, rows: Sequence[Row] = ROWS) -> str:
    """The table in Markdown, its columns lined up. Rows that nobody measured are left out."""
    names = list(values)
    lines = [["", *names, "to reach"]]
    for row in rows:
        if any(row.key in values[name] for name in names):
            cells = [cell(row, values, name) for name in names]
            lines.append([row.label, *cells, verdict(row.target, values)])
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    text = [_line(line, widths) for line in lines]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:-1]), "-" * widths[-1]]
    text.insert(1, _line(rule, widths))
    return "\n".join(text)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *middle = (
        text.ljust(width) if i in (0, len(cells) - 1) else text.rjust(width)
        for i, (text, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "| " + " | ".join([first, *middle]) + " |"


def missed(values: All, rows: Sequence[Row] = ROWS) -> list[str]:
    """The labels of the targets that are not met."""
    return [
        row.label for row in rows if row.target is not None and row.target.met(values) is False
    ]


def replace_block(document: str, block: str) -> str:
    """Put the generated block between its marks; raises ValueError when they are not there once."""
    if document.count(BEGIN) != 1 or document.count(END) != 1:
        raise ValueError("the marks of the generated block are not there, or not once")
    before, _, rest = document.partition(BEGIN)
    _, mark, after = rest.partition(END)
    if not mark:
        raise ValueError("the generated block ends before it begins")
    return f"{before}{BEGIN}\n\n{block.strip()}\n\n{END}{after}"


def _number(values: All, name: str, key: str) -> float | None:
    value = values.get(name, {}).get(key)
    return value if isinstance(value, (int, float)) else None
