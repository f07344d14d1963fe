"""Whatever a VM's trees of surfaces do, each pixel outside of their frames stays as it was."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.wire import Client, Object, Popup, Subsurface, Surface, Window
from tests.wire.picture import Box, Picture, box, look

from .harness import SessionProcess, running

CONFIG = '[focus]\nguard-ms = 0\n[layout]\ndefault = "columns"\n[frame]\npopup-border = 2\n'
VMS = {"attacker": 'label = "red"\n', "victim": 'label = "green"\n'}
SIZE = (640, 480)
CONTENT = (200, 140)
BORDER = 2
MAX_SURFACES = 12

colors = st.sampled_from([(255, 0, 255), (255, 255, 0), (0, 255, 255), (0, 0, 0)])
places = st.integers(-300, 500) | st.integers(0, 100)
lengths = st.integers(1, 400)
picks = st.integers(0, MAX_SURFACES - 1)


@pytest.fixture(scope="module")
def session() -> Iterator[SessionProcess]:
    """Two windows of a victim: the attacker's lies over one, floating."""
    outputs = [f"{SIZE[0]}x{SIZE[1]}"]
    with running(config=CONFIG, vms=VMS, outputs=outputs) as process, ExitStack() as ends:
        victim = ends.enter_context(Client(process.start_vm("victim")))
        for color in ((40, 60, 40), (60, 80, 60)):
            Window(victim, title="victim", color=color)
            victim.roundtrip()
        process.start_vm("attacker")
        yield process


class Trees(RuleBasedStateMachine):
    """A client of the attacker's that builds and moves trees; every step is looked at."""

    session: SessionProcess
    path: Path

    def __init__(self) -> None:
        super().__init__()
        self.client = Client(self.path)
        self.surfaces: list[Surface] = []
        self.viewports: dict[int, Object] = {}
        self.scales: dict[int, int] = {}
        self.popup: Popup | None = None
        self.before: Picture
        self.frame: Box
        self.content: Box

    def teardown(self) -> None:
        self.client.close()
        self.session.wait(lambda: not self.session.windows(vm="attacker"), "the window to go")

    @initialize(x=st.integers(-40, 40), y=st.integers(-40, 40))
    def open(self, x: int, y: int) -> None:
        """A floating window of a fixed size, with nothing but itself."""
        window = Window(self.client, title="attacker", size=CONTENT, fixed=True)
        window.draws = False
        window.xdg_surface("set_window_geometry", x, y, *CONTENT)
        window.draw(CONTENT[0] + 50, CONTENT[1] + 50, (90, 90, 90))
        self.client.roundtrip()
        (seen,) = self.session.windows(vm="attacker")
        assert seen["floating"]
        self.frame, self.content = box(seen["geometry"]), box(seen["content"])
        self.before = look(self.session)
        self.window = window
        self.surfaces = [window]

    @precondition(lambda self: 0 < len(self.surfaces) < MAX_SURFACES)
    @rule(
        on=picks,
        color=colors,
        x=places,
        y=places,
        width=lengths,
        height=lengths,
        depth=st.integers(1, 3),
        shown=st.integers(0, 3),
    )
    def add(
        self,
        on: int,
        color: tuple[int, int, int],
        x: int,
        y: int,
        width: int,
        height: int,
        depth: int,
        shown: int,
    ) -> None:
        """Subsurfaces on each other and on any surface, drawn at once, and mostly shown."""
        above = self._surface(on)
        for _ in range(depth):
            child = Subsurface(above, color)
            child.place(x, y)
            child.draw(width, height)
            self.surfaces.append(child)
            above, x, y = child, 0, 0
        while shown and isinstance(above, Subsurface):
            above = above.parent
            above.commit()

    @precondition(lambda self: len(self.surfaces) > 1)
    @rule(which=picks, x=places, y=places, committed=st.booleans())
    def move(self, which: int, x: int, y: int, committed: bool) -> None:
        """It holds from the parent's next commit on."""
        child = self._child(which)
        child.place(x, y)
        if committed:
            child.parent.commit()

    @precondition(lambda self: len(self.surfaces) > 1)
    @rule(which=picks, sync=st.booleans())
    def synchronise(self, which: int, sync: bool) -> None:
        """Its commits wait for the parent's, or not."""
        self._child(which).role("set_sync" if sync else "set_desync")

    @precondition(lambda self: len(self.surfaces) > 1)
    @rule(which=picks, above=st.booleans())
    def reorder(self, which: int, above: bool) -> None:
        """Above or below its parent."""
        child = self._child(which)
        child.role("place_above" if above else "place_below", child.parent.surface)

    @precondition(lambda self: self.surfaces)
    @rule(which=picks)
    def commit(self, which: int) -> None:
        """Of any one of them alone."""
        self._surface(which).commit()

    @precondition(lambda self: self.surfaces)
    @rule(which=picks, width=lengths, height=lengths)
    def draw(self, which: int, width: int, height: int) -> None:
        """In another size."""
        surface = self._surface(which)
        scale = self.scales.get(id(surface), 1)
        surface.draw(width * scale, height * scale)

    @precondition(lambda self: len(self.surfaces) > 1)
    @rule(which=picks)
    def unmap(self, which: int) -> None:
        """A subsurface, which hides what is on it; it shows again when it is drawn."""
        child = self._child(which)
        child.surface("attach", None, 0, 0)
        child.commit()

    @precondition(lambda self: self.surfaces)
    @rule(which=picks, scale=st.integers(1, 3), transform=st.integers(0, 7))
    def turn(self, which: int, scale: int, transform: int) -> None:
        """Buffer scale and transform; not with a viewport, which the gate does not allow."""
        surface = self._surface(which)
        if id(surface) not in self.viewports:
            self.scales[id(surface)] = scale
            surface.surface("set_buffer_scale", scale)
            surface.surface("set_buffer_transform", transform)
            surface.draw(60 * scale, 36 * scale)

    @precondition(lambda self: len(self.surfaces) > 1)
    @rule(which=picks, width=lengths, height=lengths)
    def stretch(self, which: int, width: int, height: int) -> None:
        """To a size of its own choice, by a viewport."""
        child = self._child(which)
        if id(child) not in self.viewports:
            self.scales.pop(id(child), None)
            child.surface("set_buffer_scale", 1)
            child.surface("set_buffer_transform", 0)
            self.viewports[id(child)] = child.viewport()
        self.viewports[id(child)]("set_destination", width, height)
        child.draw(20, 20)

    @precondition(lambda self: self.surfaces)
    @rule(x=st.integers(-200, 200), y=st.integers(-200, 200))
    def shift_geometry(self, x: int, y: int) -> None:
        """Another part of its surface is the window."""
        self.window.xdg_surface("set_window_geometry", x, y, *CONTENT)

    @precondition(lambda self: self.surfaces and self.popup is None)
    @rule(x=places, y=places, width=st.integers(20, 300), height=st.integers(20, 300))
    def pop_up(self, x: int, y: int, width: int, height: int) -> None:
        """A popup, on which trees grow as well."""
        self.popup = Popup(self.window, (width, height), (x, y), color=(10, 20, 30))
        self.surfaces.append(self.popup)

    @invariant()
    def nothing_outside_has_changed(self) -> None:
        """Compared are all pixels but the attacker's frame and its popup with its border."""
        if not self.surfaces:
            return
        self.client.roundtrip()
        now = look(self.session)
        allowed = [self.frame]
        if self.popup is not None:
            x, y, width, height = self.popup.geometry
            width, height = width + 2 * BORDER, height + 2 * BORDER
            # Wherever it asks to be, it is kept on the screen.
            left = max(0, min(self.content[0] + x - BORDER, SIZE[0] - width))
            top = max(0, min(self.content[1] + y - BORDER, SIZE[1] - height))
            allowed.append((left, top, width, height))
        place = now.differs(self.before, *allowed)
        assert place is None, f"the attacker draws in {place}, outside of {allowed}"

    def _surface(self, number: int) -> Surface:
        return self.surfaces[number % len(self.surfaces)]

    def _child(self, number: int) -> Subsurface:
        children = [one for one in self.surfaces if isinstance(one, Subsurface)]
        return children[number % len(children)] if children else self._make_child()

    def _make_child(self) -> Subsurface:
        child = Subsurface(self.window)
        self.surfaces.append(child)
        return child


def test_no_tree_reaches_outside(session: SessionProcess) -> None:
    Trees.session = session
    Trees.path = Path(session.call("vm-socket", name="attacker")["path"])
    run_state_machine_as_test(
        Trees,
        settings=settings(
            max_examples=int(os.environ.get("CONTAINMENT_EXAMPLES", "30")),
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
        ),
    )
