"""The rows of the bindings list."""

from __future__ import annotations

from spectrum_session.trusted.notices import merge


def test_workspaces_become_one_row() -> None:
    rows = [(f"Super+{n % 10}", f"workspace {n}") for n in range(1, 11)]
    rows.append(("Super+grave", "workspace last"))
    assert merge(rows) == [
        ("Super+1…0", "workspace 1 … 10"),
        ("Super+grave", "workspace last"),
    ]


def test_directions_become_one_row_per_set_of_keys() -> None:
    letters = [(f"Super+{k}", f"focus {d}") for k, d in zip("hjkl", DIRECTIONS, strict=True)]
    arrows = [(f"Super+{d.title()}", f"focus {d}") for d in DIRECTIONS]
    assert merge(letters + arrows) == [
        ("Super+H J K L", "focus left, down, up, right"),
        ("Super+← ↓ ↑ →", "focus left, down, up, right"),
    ]


def test_other_rows_stay() -> None:
    rows = [
        ("Super+f", "fullscreen toggle"),
        ("Super+m", "maximise toggle"),
        ("Super+n", "minimise"),
        ("Super+u", "focus urgent"),
        ("Super+Tab", "focus last"),
    ]
    assert merge(rows) == rows


DIRECTIONS = ("left", "down", "up", "right")
