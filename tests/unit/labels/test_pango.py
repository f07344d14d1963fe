from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from spectrum_session.labels import canvas as canvas_module
from spectrum_session.labels import pango as pango_module
from spectrum_session.labels._pango_build import ffibuilder
from spectrum_session.labels.canvas import Canvas
from spectrum_session.labels.color import NAMED, WHITE
from spectrum_session.labels.label import Label
from spectrum_session.labels.overlay import draw_bindings, draw_notice
from spectrum_session.labels.pango import BOLD, DrawingUnavailable, Font, Libraries, Text
from spectrum_session.labels.pattern import Pattern
from spectrum_session.labels.titlebar import draw_titlebar

WORK = Label("work", NAMED["blue"], Pattern.GRID)
FONT = Font.at("sans-serif", 10.5, 1.0)


@pytest.fixture
def fresh_libraries() -> Iterator[None]:
    pango_module.libraries.cache_clear()
    yield
    pango_module.libraries.cache_clear()


@pytest.mark.usefixtures("fresh_libraries")
def test_a_missing_library_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pango_module, "_SONAMES", ("libnowhere.so.7",))
    with pytest.raises(DrawingUnavailable, match=r"libnowhere\.so\.7.*libpangocairo-1\.0-0"):
        pango_module.libraries()


@pytest.mark.usefixtures("fresh_libraries")
def test_a_missing_module_says_how_to_make_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "spectrum_session.labels._pango", None)
    with pytest.raises(DrawingUnavailable, match=r"_pango_build\.py"):
        pango_module.libraries()


def test_nothing_is_opened_before_something_is_drawn() -> None:
    program = """
import spectrum_session.labels.overlay
import spectrum_session.labels.titlebar as titlebar
loaded = lambda: sum(name in open("/proc/self/maps").read() for name in ("libcairo", "libpango"))
before = loaded()
titlebar.draw_titlebar(None, "title", 100, 28, focused=True)
print(before, loaded())
"""
    run = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    assert run.stdout.split() == ["0", "2"]


def test_the_generated_module_is_up_to_date(tmp_path: Path) -> None:
    ffibuilder.emit_python_code(str(tmp_path / "_pango.py"))
    generated = Path(pango_module.__file__).with_name("_pango.py")
    assert generated.read_text() == (tmp_path / "_pango.py").read_text()


class Counting:
    """A library whose calls are counted."""

    def __init__(self, library: Any, calls: Counter[str]) -> None:
        self._library = library
        self._calls = calls

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            self._calls[name] += 1
            return getattr(self._library, name)(*arguments)

        return call


def test_all_that_is_made_is_freed(monkeypatch: pytest.MonkeyPatch) -> None:
    def draw() -> None:
        draw_titlebar(WORK, "title", 400, 28, focused=True)
        draw_titlebar(None, "title", 400, 28, focused=False, urgent=True)
        draw_bindings([("Group", [("Super+q", "Close")])], 600, 400)
        draw_notice("title", ["line"], "error", 300)

    draw()
    calls: Counter[str] = Counter()
    ffi, *opened = pango_module.libraries()
    counting = Libraries(ffi, *(Counting(library, calls) for library in opened))
    monkeypatch.setattr(pango_module, "libraries", lambda: counting)
    monkeypatch.setattr(canvas_module, "libraries", lambda: counting)
    draw()
    assert calls["cairo_create"] == calls["cairo_destroy"] == 4
    assert calls["cairo_image_surface_create_for_data"] == calls["cairo_surface_destroy"] == 4
    assert calls["pango_layout_new"] == calls["g_object_unref"] > 5
    assert calls["pango_font_description_new"] == 0, "fonts are kept"
    assert calls["cairo_save"] == calls["cairo_restore"] > 0


def test_cairo_lets_go_of_the_bytes_and_errors_pass() -> None:
    with Canvas(4, 4) as canvas:
        canvas.fill(WHITE)
        with pytest.raises(BufferError):
            canvas.image.data.clear()
    assert canvas.image.pixel(3, 3) == (255, 255, 255, 255)
    canvas.image.data.clear()
    with pytest.raises(KeyError), Canvas(4, 4):
        raise KeyError


def test_an_error_of_cairo_is_not_swallowed() -> None:
    with pytest.raises(RuntimeError, match="cairo"), Canvas(4, 4) as canvas:
        canvas._cairo.cairo_restore(canvas._cr)


def test_text_is_measured_and_ellipsised() -> None:
    assert Text("mm", FONT).width > 1.5 * Text("m", FONT).width
    assert Text("m" * 50, FONT, 100).width <= 100
    assert Text("m" * 50, FONT, 100).ellipsised
    assert not Text("m", FONT, 100).ellipsised
    assert Text("m" * 50, FONT, 100, lines=3).height > 2 * Text("m", FONT).height
    assert Text("a\nb", FONT).height < 1.5 * Text("a", FONT).height


def test_weight_and_size_count() -> None:
    assert Text("word", Font.at("sans-serif", 10.5, 1.0, BOLD)).width > Text("word", FONT).width
    assert Font.at("sans-serif", 10.5, 2.0).cap_height > 1.7 * FONT.cap_height


def test_odd_text_does_no_harm() -> None:
    for text in ("", "\0", "\ud800", "a\0b", "\U0010ffff"):
        assert Text(text, FONT).height > 0
    assert Text("x", Font.at("no such family", 10.5, 1.0)).width > 0
