"""One event, one line; and what a VM chose cannot pass for anything else."""

from __future__ import annotations

import logging
import re

from hypothesis import given
from hypothesis import strategies as st

from spectrum_session.logs.line import for_journal, full, of_vm, printable
from spectrum_session.logs.vms import VMLines


def record(
    text: str, *args: object, vm: str | None = None, error: BaseException | None = None
) -> logging.LogRecord:
    logger = logging.getLogger("spectrum_session.compositor.server")
    info = (type(error), error, error.__traceback__) if error is not None else None
    return logger.makeRecord(
        logger.name, logging.WARNING, "f", 1, text, args, info, extra=of_vm(vm)
    )


def test_the_line_of_a_vm() -> None:
    line = full(record("refused: %s", "a popup", vm="work"))
    stamp, rest = line.split(" ", 1)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d", stamp)
    assert rest == "WARNING compositor.server vm=work: refused: a popup"


def test_the_host_is_a_dash() -> None:
    assert " vm=-: x" in full(record("x"))


def test_the_journal_gets_the_level_and_no_time() -> None:
    assert for_journal(record("x")) == "<4>WARNING compositor.server vm=-: x"


def test_a_traceback_is_folded_into_the_line() -> None:
    try:
        raise ValueError("bad\nworse")
    except ValueError as caught:
        line = full(record("failed", error=caught))
    assert "\n" not in line
    assert "failed | Traceback (most recent call last): | " in line
    assert line.endswith("ValueError: bad | worse")


@given(st.text())
def test_a_line_is_one_line_of_printable_characters(text: str) -> None:
    line = full(record("%s", text, vm="work"))
    assert line.isprintable()
    # The field stands before the text, whatever the text is.
    assert line.split(" ", 3)[:4][2:] == ["compositor.server", line.split(" ", 3)[3]]
    assert line.split(" ", 3)[3].startswith("vm=work: ")


@given(st.text(st.characters(categories=["L", "N", "P"])))
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert printable(text) == text


def test_escapes_can_be_told_from_each_other() -> None:
    assert printable("a\x1b[1m\u202eb") == "a\\x1b[1m\\u202eb"


class Capture(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.levelname} {full(record).split(' ', 2)[2]}")


def test_a_vm_tells_each_state_once() -> None:
    capture = Capture()
    logger = logging.getLogger("spectrum_session.vm")
    logger.addHandler(capture)
    logger.setLevel(logging.INFO)
    try:
        lines = VMLines()
        for state, reason in [
            ("starting", ""), ("running", ""), ("running", ""), ("failed", "it ended with 3")
        ]:
            lines.changed("work", state, reason)
    finally:
        logger.removeHandler(capture)
        logger.setLevel(logging.NOTSET)
    assert capture.lines == [
        "INFO vm vm=work: starting",
        "INFO vm vm=work: running",
        "ERROR vm vm=work: failed: it ended with 3",
    ]
