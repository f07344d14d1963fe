from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from spectrum_session.labels import theme
from spectrum_session.labels.color import Color, contrast
from spectrum_session.labels.label import Label

from .strategies import colors, labels


@given(colors, st.booleans(), st.booleans())
def test_text_of_vm_bars_can_be_read(color: Color, focused: bool, urgent: bool) -> None:
    bar = theme.vm_bar(color, focused, urgent)
    assert contrast(bar.ground, bar.text) >= 4.5


@given(st.booleans(), st.booleans())
def test_text_of_host_bars_can_be_read(focused: bool, urgent: bool) -> None:
    bar = theme.host_bar(focused, urgent)
    assert contrast(bar.ground, bar.text) >= 4.5


def test_text_of_panels_can_be_read() -> None:
    for color in (theme.PANEL_TEXT, theme.PANEL_QUIET, theme.ACCENT, theme.ERROR):
        assert contrast(color, theme.PANEL) >= 4.5
    assert contrast(theme.PANEL_TEXT, theme.KEYCAP) >= 4.5


@given(colors)
def test_the_chip_stands_out_from_an_unfocused_bar(color: Color) -> None:
    assert contrast(theme.vm_bar(color, False).ground, color) >= 1.25


@given(labels, st.booleans(), st.booleans())
def test_a_vms_border_is_its_colour_in_every_state(
    label: Label, focused: bool, urgent: bool
) -> None:
    assert theme.vm_border(label, focused, urgent) == label.color


def test_the_hosts_border_shows_focus() -> None:
    assert contrast(theme.host_border(True), theme.host_border(False)) >= 1.5
    assert theme.host_border(True) == theme.host_bar(True).ground
