"""Which machine is at which place of the one that gives it a network, and where the links are."""

from __future__ import annotations

from pathlib import Path

from spectrum_session.vm import sandbox, sandboxed
from spectrum_session.vm.errors import VMError

from .address import PLACES

LINK = "link"
"""The socket at either end of a link, in a directory of its own."""


class Places:
    """The links of a session's machines, by provider.

    Of each, DIRECTORY/PROVIDER/PLACE is a directory that only the provider's machine and what joins
    the link can see; PLACE.vm beside it names the machine, so that another session finds it there.
    """

    def __init__(self, directory: Path) -> None:
        """Nothing is made yet."""
        self._directory = directory
        self._taken: set[tuple[str, int]] = set()

    def directories(self, tools: sandbox.Tools, provider: str) -> dict[int, Path]:
        """Of each place of a provider's where its socket is or will be; made when not there.

        `provider` must have passed check_name. Raises VMError.
        """
        found = {place: self._place(provider, place) for place in range(1, PLACES + 1)}
        try:
            for directory in found.values():
                directory.mkdir(mode=0o700, parents=True, exist_ok=True)
                sandboxed.hand_over(tools, directory)
        except OSError as error:
            raise VMError(f"its links in {self._directory}: {error.strerror}") from error
        return found

    def take(self, provider: str, client: str) -> int:
        """A place for a machine until `leave`: its own of before, else one that nobody had, else
        one that nobody has. Both names must have passed check_name. Raises VMError."""
        before = {place: self._owner(provider, place) for place in range(1, PLACES + 1)}
        free = [place for place in before if (provider, place) not in self._taken]
        own = [place for place in free if before[place] == client]
        unused = [place for place in free if before[place] is None]
        candidates = [*own, *unused, *free]
        if not candidates:
            raise VMError(f"{provider} gives {PLACES} machines a network, and has no place left")
        place = candidates[0]
        owner = self._owner_file(provider, place)
        try:
            owner.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            owner.write_text(client)
        except OSError as error:
            raise VMError(f"its link in {owner.parent}: {error.strerror}") from error
        self._taken.add((provider, place))
        return place

    def leave(self, provider: str, place: int) -> None:
        """The machine at a place has ended."""
        self._taken.discard((provider, place))

    def _place(self, provider: str, place: int) -> Path:
        return self._directory / provider / str(place)

    def _owner_file(self, provider: str, place: int) -> Path:
        return self._directory / provider / f"{place}.vm"

    def _owner(self, provider: str, place: int) -> str | None:
        try:
            return self._owner_file(provider, place).read_text()
        except OSError:
            return None
