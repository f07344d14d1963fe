"""What is known of data that moves between clients: sources, offers, selections."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .model import State

if TYPE_CHECKING:
    from .context import Context
    from .objects import Object


@dataclass(slots=True)
class SourceState(State):
    """wl_data_source and zwp_primary_selection_source_v1."""

    types: set[bytes] = field(default_factory=set)
    """MIME types that it offers."""
    actions: int | None = None
    """Of a drag: copy 1, move 2, ask 4. None when the client did not say."""
    use: str | None = None
    """"selection" or "drag" once it serves as that."""
    cancelled: bool = False
    """The compositor wants it no more."""
    paid: int = 0
    """Bytes of its types that are counted in the VM's account."""

    def gone(self, gate: Context) -> None:
        gate.holding.give(self.paid)
        self.paid = 0

    def describe(self) -> dict[str, Any]:
        return {
            "types": sorted(one.decode() for one in self.types),
            "actions": self.actions,
            "use": self.use,
            "cancelled": self.cancelled,
        }


@dataclass(slots=True)
class OfferState(State):
    """wl_data_offer and zwp_primary_selection_offer_v1."""

    types: set[bytes] = field(default_factory=set)
    kind: str | None = None
    """"selection" or "drag" once the compositor said so."""
    accepted: bool = False
    action: int = 0
    """Of a drag, as the compositor chose: copy 1, move 2, ask 4."""
    left: bool = False
    """The drag went elsewhere: it is good for nothing."""
    dropped: bool = False
    finished: bool = False

    def describe(self) -> dict[str, Any]:
        return {"types": len(self.types), "kind": self.kind, "action": self.action}


@dataclass(slots=True)
class DataDeviceState(State):
    """wl_data_device and zwp_primary_selection_device_v1."""

    seat: Object
    selection: Object | None = None
    """The source that the client made the selection."""
    offered: Object | None = None
    """The offer that is the selection for this client."""
    drag: Object | None = None
    """The offer of the drag over one of its surfaces."""

    def describe(self) -> dict[str, Any]:
        return {
            "seat": self.seat.id,
            "selection": self.selection.id if self.selection is not None else None,
            "offered": self.offered.id if self.offered is not None else None,
        }
