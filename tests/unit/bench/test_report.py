"""The table: numbers, ratios, targets, and its place in the document."""

from __future__ import annotations

import pytest

from bench import report
from bench.measures import FULL, MEASURES, QUICK, Effort, Values, steps, together
from bench.report import BEGIN, END, ROWS, Row

ALL: dict[str, dict[str, float | str]] = {
    "ours": {"start_ms": 150.0, "draw_4_cpu_s": 0.6, "idle_wakeups": 0.0, "rss_idle_mb": 17.5},
    "sway": {"start_ms": 50.0, "draw_4_cpu_s": 0.5, "idle_wakeups": 60.0, "rss_idle_mb": 3.6},
    "cage": {"start_ms": 14.0, "draw_4_cpu_s": "crashed", "idle_wakeups": 62.0},
}


def row(key: str) -> Row:
    return next(row for row in ROWS if row.key == key)


def test_every_row_stands_once() -> None:
    keys = [row.key for row in ROWS]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("effort", [FULL, QUICK])
def test_a_step_that_fails_says_so_in_rows_that_exist(effort: Effort) -> None:
    found = [key for name in MEASURES for step in steps(name, effort) for key in step.keys]
    assert len(found) == len(set(found))
    # One window is as good as none for memory: it has no row of its own.
    assert set(found) - {"rss_1_mb"} <= {row.key for row in ROWS}


def test_a_full_run_fills_every_row() -> None:
    found = {key for name in MEASURES for step in steps(name, FULL) for key in step.keys}
    rest = {row.key for row in ROWS} - found
    assert rest == {"output", "idle_20_cpu_ms", "idle_20_wakeups"}


def test_there_are_no_other_measures() -> None:
    with pytest.raises(ValueError, match="speed"):
        steps("speed", FULL)


def test_rounds_come_together() -> None:
    rounds: list[Values] = [
        {"draw_4_cpu_s": 1.0, "draw_4_p99_ms": 17.0, "a": 1.0, "output": "1×1"},
        {"draw_4_cpu_s": 2.0, "draw_4_p99_ms": 19.0, "a": "crashed"},
        {"key_p99_ms": 3.0},
    ]
    assert together(rounds) == {
        "draw_4_cpu_s": 1.5,
        "draw_4_p99_ms": 19.0,
        "a": "crashed",
        "output": "1×1",
        "key_p99_ms": 3.0,
    }


def test_a_cell_says_how_many_times_it_ours_is() -> None:
    assert report.cell(row("start_ms"), ALL, "ours") == "150"
    assert report.cell(row("start_ms"), ALL, "sway") == "50 (3.0×)"
    assert report.cell(row("start_ms"), ALL, "cage") == "14 (11×)"


def test_a_cell_without_a_number_says_why() -> None:
    assert report.cell(row("draw_4_cpu_s"), ALL, "cage") == "crashed"
    assert report.cell(row("rss_idle_mb"), ALL, "cage") == "–"


def test_no_ratio_where_it_would_say_nothing() -> None:
    assert report.cell(row("idle_wakeups"), ALL, "sway") == "60.0"


@pytest.mark.parametrize(
    ("key", "changes", "met"),
    [
        ("start_ms", {"start_ms": 250.0}, True),
        ("start_ms", {"start_ms": 250.1}, False),
        ("start_ms", {"start_ms": "crashed"}, None),
        ("draw_4_cpu_s", {"draw_4_cpu_s": 0.6}, True),
        ("draw_4_cpu_s", {"draw_4_cpu_s": 0.601}, False),
        ("draw_16_fps", {"draw_16_fps": 57.0}, True),
        ("draw_16_fps", {"draw_16_fps": 56.9}, False),
        ("rss_20_mb", {"rss_20_mb": 22.5}, True),
        ("rss_20_mb", {"rss_20_mb": 22.6}, False),
        ("idle_wakeups", {"idle_wakeups": 0.1}, False),
        ("key_p99_ms", {"key_p99_ms": 3.0}, True),
        ("key_p99_ms", {"key_p99_ms": 3.1}, False),
        ("draw_16_p99_ms", {"draw_16_p99_ms": 25.5}, False),
    ],
)
def test_targets(key: str, changes: dict[str, float | str], met: bool | None) -> None:
    target = row(key).target
    assert target is not None
    values = {**ALL, "ours": {**ALL["ours"], **changes}}
    assert target.met(values) is met
    words = {True: ": met", False: ": **not met**", None: ": not known"}
    assert report.verdict(target, values) == target.text + words[met]


def test_a_target_in_times_of_sway_needs_sway() -> None:
    target = row("draw_4_cpu_s").target
    assert target is not None
    assert target.met({"ours": ALL["ours"]}) is None


def test_missed_names_the_rows() -> None:
    values = {**ALL, "ours": {**ALL["ours"], "start_ms": 300.0, "idle_wakeups": 1.0}}
    assert report.missed(values) == [row("start_ms").label, row("idle_wakeups").label]
    assert report.missed(ALL) == []


def test_the_table_is_lined_up_and_has_the_rows_that_were_measured() -> None:
    lines = report.table(ALL).splitlines()
    assert len({len(line) for line in lines}) == 1
    assert [line.split("|")[1].strip() for line in lines[2:]] == [
        row(key).label for key in ("start_ms", "rss_idle_mb", "idle_wakeups", "draw_4_cpu_s")
    ]
    cells = [cell.strip() for cell in lines[0].split("|")[1:-1]]
    assert cells == ["", "ours", "sway", "cage", "to reach"]
    assert all(line.count("|") == lines[0].count("|") for line in lines)


def test_the_block_is_replaced_and_nothing_else() -> None:
    document = f"# Title\n\nBefore.\n\n{BEGIN}\nold\n{END}\n\nAfter.\n"
    once = report.replace_block(document, "new\n")
    assert once == f"# Title\n\nBefore.\n\n{BEGIN}\n\nnew\n\n{END}\n\nAfter.\n"
    assert report.replace_block(once, "new") == once


@pytest.mark.parametrize(
    "document",
    ["", BEGIN, END + BEGIN, BEGIN + END + BEGIN + END, BEGIN + BEGIN + END, BEGIN + END + END],
)
def test_a_document_without_its_marks_is_left_alone(document: str) -> None:
    with pytest.raises(ValueError, match="generated block"):
        report.replace_block(document, "new")
