"""A gate that leaves serials as they are, to be put beside or behind another one."""

from __future__ import annotations

from spectrum_session.gate.serials import Serials


class Untranslated(Serials):
    """The client names the compositor's own serials."""

    def __init__(self) -> None:
        super().__init__(tuple)

    def of_sync(self, theirs: int) -> int:
        return theirs

    def to_client(self, theirs: int) -> int:
        return theirs

    def to_compositor(self, ours: int) -> int:
        return ours
