"""Each way to come to a session is booted once; all that is tried there follows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from . import image as images
from .machine import booted
from .scenarios import SCENARIOS, Scenario
from .seat import KEPT, Seat

ORDER = (
    *("test_start", "test_input", "test_vt", "test_outputs"),
    *("test_vms", "test_dmabuf", "test_end"),
)
"""Of the modules, in each boot: the last ends the session."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One boot after the other, whichever modules the tests are in."""

    def place(item: pytest.Item) -> tuple[int, int]:
        spec = getattr(item, "callspec", None)
        scenario = spec.params.get("seat") if spec is not None else None
        module = item.path.stem
        return (
            SCENARIOS.index(scenario) if scenario is not None else -1,
            ORDER.index(module) if module in ORDER else -1,
        )

    ours = [item for item in items if Path(__file__).parent in item.path.parents]
    places = [index for index, item in enumerate(items) if item in ours]
    for index, item in zip(places, sorted(ours, key=place), strict=True):
        items[index] = item


@pytest.fixture(scope="session")
def image(tmp_path_factory: pytest.TempPathFactory) -> images.Image:
    """What the guest boots."""
    return images.make(tmp_path_factory.mktemp("image"))


@pytest.fixture(scope="session", params=SCENARIOS, ids=lambda scenario: scenario.name)
def seat(
    request: pytest.FixtureRequest, image: images.Image, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Seat]:
    """Somebody has come to a session in this way."""
    scenario: Scenario = request.param
    directory = tmp_path_factory.mktemp("guest")
    with booted(image, directory, scenario.command_line) as machine:
        seat = Seat(machine, scenario)
        try:
            scenario.log_in(machine)
            machine.wait(seat.runs, "the session")
            # Without it yet, the first terminal would come in between later, and take the focus.
            seat.wait_window(app_id="foot", focused=True)
        except BaseException:
            _keep(seat, scenario.name)
            raise
        yield seat


@pytest.fixture
def desk(seat: Seat) -> Iterator[Seat]:
    """The session with an empty desktop."""
    seat.close_windows()
    yield seat


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Iterator[None]:
    """Keep what is on the screen when a test fails."""
    report: Any = yield
    seat = getattr(item, "funcargs", {}).get("seat")
    if report.failed and isinstance(seat, Seat):
        name = item.name.replace("[", "-").replace("]", "")
        report.sections.append(("the guest", _keep(seat, name)))
    return report  # type: ignore[no-any-return]


def _keep(seat: Seat, name: str) -> str:
    """Pictures and logs of a guest go to KEPT; returns the logs."""
    KEPT.mkdir(parents=True, exist_ok=True)
    if seat.machine.process.poll() is None:
        for head in (0, 1):
            seat.qmp.save(KEPT / f"{name}-{head}.png", head)
    text = seat.logs()
    (KEPT / f"{name}.log").write_text(text)
    return text[-8000:]
