"""Reports: whose they are, what they say, and that not more than ten stay."""

from __future__ import annotations

import os
import re
from pathlib import Path

from spectrum_session.crash import reports
from spectrum_session.crash.reports import Running, collect, prune


def die(directory: Path, text: str) -> None:
    """A session that wrote `text` and went without a farewell."""
    running = Running(directory)
    running.write(text)
    os.close(running.fd)


def head() -> str:
    return reports.header({"version": "1", reports.BOOT: reports.boot_id()})


def test_the_running_one_is_left_alone_and_has_its_number(tmp_path: Path) -> None:
    first, second = Running(tmp_path), Running(tmp_path)
    first.write(head())
    assert (first.number, second.number) == (1, 2)
    assert collect(tmp_path, tmp_path) == []
    second.drop()
    third = Running(tmp_path)
    assert third.number == 2
    first.drop()
    third.drop()
    assert list(tmp_path.iterdir()) == []


def test_a_signal_is_told(tmp_path: Path) -> None:
    (tmp_path / "session.log").write_text("the last line\n")
    crash = tmp_path / "crash"
    die(crash, f"{head()}\n== Signal ==\n6 (SIGABRT)\nsaid: x.c:1: f: it failed\n\n== C stack ==\n")
    [found] = collect(crash, tmp_path)
    assert found.what == "signal 6 (SIGABRT); said: x.c:1: f: it failed"
    assert found.path is not None
    assert re.fullmatch(r"crash-\d{8}-\d{6}-001\.txt", found.path.name)
    assert found.path.read_text().endswith("== Last log lines ==\nthe last line\n")
    assert found.path.stat().st_mode & 0o777 == 0o600
    assert collect(crash, tmp_path) == []


def test_a_python_fatal_error_without_our_handler_is_told(tmp_path: Path) -> None:
    die(tmp_path, f"{head()}Fatal Python error: Segmentation fault\n\nCurrent thread\n")
    [found] = collect(tmp_path, tmp_path)
    assert found.what == "Segmentation fault"


def test_a_kill_is_told_as_what_it_may_have_been(tmp_path: Path) -> None:
    die(tmp_path, head())
    [found] = collect(tmp_path, tmp_path)
    assert found.path is not None
    assert "SIGKILL" in found.path.read_text()
    assert "killed" in found.what


def test_a_machine_that_stopped_is_no_crash(tmp_path: Path) -> None:
    die(tmp_path, reports.header({"version": "1", reports.BOOT: "another"}))
    [found] = collect(tmp_path, tmp_path)
    assert found.path is None
    assert "machine" in found.what
    assert list(tmp_path.iterdir()) == []


def test_an_exception_is_told_by_its_last_line(tmp_path: Path) -> None:
    die(tmp_path, f"{head()}\n== Exception ==\nTraceback\n  here\nValueError: no\n\n== Last\n")
    [found] = collect(tmp_path, tmp_path)
    assert found.what == "ValueError: no"


def test_a_report_that_has_its_name_is_told_once(tmp_path: Path) -> None:
    kept = Running(tmp_path).keep("ValueError: one\ntwo")
    [found] = collect(tmp_path, tmp_path)
    assert (found.path, found.what) == (kept, "ValueError: one two")
    assert collect(tmp_path, tmp_path) == []
    assert list(tmp_path.iterdir()) == [kept]


def test_two_in_one_second_have_two_names(tmp_path: Path) -> None:
    paths = {reports.write_report(tmp_path, "x") for _ in range(3)}
    assert len(paths) == 3


def test_the_ten_youngest_stay(tmp_path: Path) -> None:
    for day in range(1, 15):
        (tmp_path / f"crash-202601{day:02d}-000000-001.txt").write_text("x")
    prune(tmp_path)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert len(names) == reports.KEPT == 10
    assert names[0] == "crash-20260105-000000-001.txt"


def test_every_way_to_a_report_leaves_no_more_than_ten(tmp_path: Path) -> None:
    for _ in range(reports.KEPT + 2):
        reports.write_report(tmp_path, "x")
    assert len(list(tmp_path.iterdir())) == reports.KEPT
    die(tmp_path, head())
    assert len(collect(tmp_path, tmp_path)) == 1
    assert len(list(tmp_path.iterdir())) == reports.KEPT
    Running(tmp_path).keep("ValueError")
    assert len(list(tmp_path.glob("crash-*.txt"))) == reports.KEPT


def test_a_long_log_is_cut_at_a_line(tmp_path: Path) -> None:
    path = tmp_path / "session.log"
    path.write_text("".join(f"line {n}\n" for n in range(5000)))
    tail = reports.log_tail(path)
    assert len(tail) <= reports.LOG_TAIL
    assert tail.splitlines()[0].startswith("line ")
    assert tail.endswith("line 4999\n")
