"""Images are whole or not there."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from spectrum_session.images.recipe import Recipe
from spectrum_session.images.store import FILES, Store

FOOT = Recipe("work", ("foot",))
ELINKS = Recipe("work", ("elinks",))


def fill(directory: Path, text: str = "x") -> None:
    for name in FILES:
        (directory / name).write_text(text)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "images")


def test_where_it_is(tmp_path: Path) -> None:
    at = Store.default({"XDG_DATA_HOME": str(tmp_path)}).directory
    assert at == tmp_path / "spectrum-session/images"
    for relative in ({}, {"XDG_DATA_HOME": "relative"}):
        assert Store.default(relative).directory == (
            Path.home() / ".local/share/spectrum-session/images"
        )


def test_a_built_image_is_found_by_its_recipe(store: Store) -> None:
    assert store.find(FOOT) is None and not store.has_any("work")
    with store.building(FOOT) as directory:
        fill(directory)
        assert store.find(FOOT) is None
    image = store.find(FOOT)
    assert image is not None and image.size == 3
    assert image.root.read_text() == "x"
    assert store.find(ELINKS) is None and store.has_any("work")


def test_a_failed_one_leaves_nothing(store: Store) -> None:
    with pytest.raises(KeyboardInterrupt), store.building(FOOT) as directory:
        fill(directory)
        raise KeyboardInterrupt
    assert store.find(FOOT) is None
    assert [path.name for path in store.directory.iterdir()] == [".lock"]


def test_a_failed_one_leaves_the_one_before(store: Store) -> None:
    with store.building(FOOT) as directory:
        fill(directory, "old")
    with pytest.raises(OSError), store.building(FOOT) as directory:
        raise OSError
    image = store.find(FOOT)
    assert image is not None and image.kernel.read_text() == "old"


def test_what_a_killed_build_left_is_taken_away_by_the_next(store: Store) -> None:
    store.directory.mkdir(parents=True)
    left = store.directory / ".building-work-0123456789abcdef"
    left.mkdir()
    (left / "root.squashfs").write_text("half")
    with store.building(ELINKS) as directory:
        assert not left.exists()
        fill(directory)


def test_older_images_of_the_same_vm_go(store: Store) -> None:
    longer = Recipe("work-2", ("foot",))
    for recipe in (longer, FOOT, ELINKS):
        with store.building(recipe) as directory:
            fill(directory)
    assert store.find(FOOT) is None
    assert store.find(ELINKS) is not None and store.find(longer) is not None


def test_one_is_built_at_a_time(store: Store) -> None:
    begun, order = threading.Event(), []

    def second() -> None:
        begun.set()
        with store.building(FOOT) as directory:
            order.append("second")
            fill(directory, "new")

    with store.building(FOOT) as directory:
        thread = threading.Thread(target=second)
        thread.start()
        assert begun.wait(20)
        thread.join(0.2)
        order.append("first")
        fill(directory, "old")
    thread.join(20)
    assert order == ["first", "second"]
    image = store.find(FOOT)
    assert image is not None and image.kernel.read_text() == "new"
