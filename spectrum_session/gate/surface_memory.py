"""What one wl_surface makes the compositor hold: copies of its regions, damage, states that wait.

It follows wlroots, release by release whichever keeps more. A surface has a pending and a current
state. A commit of a synchronised subsurface becomes a state of its own instead, and so does each
later one, until the parent's commit takes effect.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from . import weights
from .bands import Bands

if TYPE_CHECKING:
    from .context import Context
    from .holding import Holding
    from .model_surface import BufferState


@dataclass(slots=True)
class RegionCopies:
    """A surface's opaque or input region, by the boxes that it may have."""

    pending: int = 0
    current: int = 0
    committed: int = 0
    """Of the last commit, which may wait."""
    changed: bool = False
    """Set since the last commit."""
    paid: int = 0
    """Bytes that are counted."""

    def set(self, holding: Holding, boxes: int) -> None:
        """The client set it. Raises Refused."""
        self.pending = boxes
        self.changed = True
        self._pay(holding)

    def wait(self) -> int:
        """It is part of a commit that waits; returns the bytes of its copy there."""
        if not self.changed:
            return 0
        self.changed = False
        self.committed = self.pending
        self.current = max(self.current, self.committed)
        return self.committed * weights.BOX

    def commit(self, holding: Holding) -> None:
        """It is part of a commit that takes effect at once."""
        self.changed = False
        self.committed = self.pending
        self.apply(holding)

    def apply(self, holding: Holding) -> None:
        """The last commit took effect."""
        self.current = self.committed
        self._pay(holding)

    def _pay(self, holding: Holding) -> None:
        boxes = max(self.pending, self.current) - weights.FREE_BOXES
        due = boxes * weights.BOX * weights.REGION_COPIES if boxes > 0 else 0
        if due > self.paid:
            holding.take(due - self.paid)
        elif due < self.paid:
            holding.give(self.paid - due)
        self.paid = due

    def gone(self, holding: Holding) -> None:
        """The surface was destroyed."""
        holding.give(self.paid)
        self.paid = 0


@dataclass(slots=True)
class Damage:
    """Damage since the last commit, of the surface and of the buffer together."""

    rows: list[tuple[int, int]] = field(default_factory=list)
    """y and height of the first rectangles."""
    bands: Bands | None = None
    """Of all, when there are more of them than can be much."""
    paid: int = 0
    """Bytes that are counted: of the most that there ever was."""

    @property
    def boxes(self) -> int:
        """The most that it can be."""
        return len(self.rows) if self.bands is None else self.bands.boxes

    def add(self, holding: Holding, y: int, height: int) -> int:
        """One rectangle more, not empty; returns `boxes`. Raises Refused."""
        if self.bands is None:
            self.rows.append((y, height))
            if len(self.rows) <= 2:
                # Four boxes at most, which the surface's weight covers.
                return len(self.rows)
            self.bands = Bands()
            for rows in self.rows:
                self.bands.change(*rows)
        else:
            self.bands.change(y, height)
        boxes = self.bands.boxes
        due = (boxes - weights.FREE_BOXES) * weights.BOX * weights.DAMAGE_COPIES
        if due > self.paid:
            holding.take(due - self.paid)
            self.paid = due
        return boxes

    def commit(self) -> None:
        """From here on it is counted anew."""
        self.rows.clear()
        self.bands = None

    def gone(self, holding: Holding) -> None:
        """The surface was destroyed."""
        holding.give(self.paid)
        self.paid = 0


@dataclass(slots=True)
class Contents:
    """What a surface shows and will show."""

    opaque: RegionCopies = field(default_factory=RegionCopies)
    input: RegionCopies = field(default_factory=RegionCopies)
    damage: Damage = field(default_factory=Damage)
    pending: BufferState | None = None
    """Attached since the last commit."""
    shown: BufferState | None = None
    """Of the last commit that took effect."""
    texture: int = 0
    """Bytes of the compositor's own picture of it."""
    waiting: int = 0
    """Commits that wait."""
    bytes: int = 0
    """That these take."""
    buffers: list[BufferState] = field(default_factory=list)
    """That they brought, each as often as it was."""
    attached: bool = False
    """One of them changes what is shown."""
    last: BufferState | None = None
    """To what the last of those does."""

    def attach(self, gate: Context, buffer: BufferState | None) -> None:
        """A buffer, or none, for the next commit."""
        holding = gate.holding
        before, self.pending = self.pending, buffer
        if buffer is not None:
            holding.pin(buffer)
        if before is not None:
            holding.unpin(gate, before)

    def commit(self, gate: Context, *, fresh: bool) -> None:
        """A commit takes effect; `fresh`: something was attached. Raises Refused."""
        holding = gate.holding
        if self.opaque.changed:
            self.opaque.commit(holding)
        if self.input.changed:
            self.input.commit(holding)
        self.damage.commit()
        if fresh:
            self._show(gate, self.pending)
            self.attach(gate, None)

    def wait(self, gate: Context, children: int, *, fresh: bool) -> None:
        """A commit waits; `children`: subsurfaces on the surface. Raises Refused."""
        holding = gate.holding
        amount = (
            weights.WAITING_COMMIT
            + children * weights.WAITING_CHILD
            + self.damage.boxes * weights.BOX * weights.SLACK
            + self.opaque.wait()
            + self.input.wait()
        )
        self.damage.commit()
        if fresh and self.pending is not None:
            # It stays when the client destroys it.
            amount += weights.of_object("wl_buffer")
        holding.take(amount)
        holding.waiting += 1
        self.waiting += 1
        self.bytes += amount
        if fresh:
            self.attached = True
            self.last = self.pending
            if self.pending is not None:
                holding.show(self.pending)
                self.buffers.append(self.pending)
            self.attach(gate, None)

    def apply(self, gate: Context) -> None:
        """All that waits takes effect."""
        holding = gate.holding
        self.opaque.apply(holding)
        self.input.apply(holding)
        if self.attached:
            self._show(gate, self.last)
        self._let_go(gate)

    def gone(self, gate: Context) -> None:
        """The surface was destroyed."""
        holding = gate.holding
        self.attach(gate, None)
        self._show(gate, None)
        self._let_go(gate)
        for part in (self.opaque, self.input, self.damage):
            part.gone(holding)

    def _let_go(self, gate: Context) -> None:
        holding = gate.holding
        holding.give(self.bytes)
        holding.waiting -= self.waiting
        self.bytes = self.waiting = 0
        for buffer in self.buffers:
            holding.hide(gate, buffer)
        self.buffers.clear()
        self.attached = False
        self.last = None

    def _show(self, gate: Context, buffer: BufferState | None) -> None:
        holding = gate.holding
        before, self.shown = self.shown, None
        if before is not None and before is not buffer:
            holding.hide(gate, before)
        if buffer is not None and before is buffer:
            self.shown = buffer
            holding.look(buffer)
        elif buffer is not None:
            holding.show(buffer)
            self.shown = buffer
        now = buffer.picture if buffer is not None else 0
        if now != self.texture:
            holding.texture(now - self.texture)
            self.texture = now
