"""Memory of the compositor that one connection's objects take besides their own weight:
boxes of regions, commits that wait, strings, and the buffers that surfaces show."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .account import Account
    from .buffer_memory import BufferMemory
    from .context import Context
    from .model_surface import BufferState

LIMIT = "compositor_bytes"


class Holding:
    """Given back as its objects go; and whatever is left when the connection ends."""

    __slots__ = ("_account", "_shown", "_textures", "bytes", "waiting")

    def __init__(self, account: Account) -> None:
        self._account = account
        self._shown: dict[BufferState, int] = {}
        """By buffer, how many surfaces show it or will when their parents are committed."""
        self._textures = 0
        self.bytes = 0
        """Bytes of the compositor's memory."""
        self.waiting = 0
        """Commits that wait for one of a parent."""

    def take(self, amount: int) -> None:
        """The compositor will hold so many bytes more. Raises Refused."""
        self._account.take(LIMIT, amount)
        self.bytes += amount

    def give(self, amount: int) -> None:
        """The compositor released so many bytes."""
        self._account.give(LIMIT, amount)
        self.bytes -= amount

    # --- buffers

    @property
    def _memory(self) -> BufferMemory:
        return self._account.buffers

    def pin(self, buffer: BufferState) -> None:
        """The compositor keeps a buffer, and maps its pool, though the client may destroy both."""
        if buffer.pool is not None:
            buffer.pool.users += 1

    def unpin(self, gate: Context, buffer: BufferState) -> None:
        """No longer."""
        if buffer.pool is not None:
            buffer.pool.release(gate)

    def show(self, buffer: BufferState) -> None:
        """The compositor may read a buffer from now on, once for each call. Raises Refused."""
        count = self._shown.get(buffer, 0)
        if count:
            self.look(buffer)
        else:
            self._memory.hold(buffer.file_use, buffer.pages)
        self._shown[buffer] = count + 1
        self.pin(buffer)

    def look(self, buffer: BufferState) -> None:
        """See how much of its file exists now. Raises Refused."""
        if buffer.pool is not None:
            self._memory.look(buffer.pool.use)

    def hide(self, gate: Context, buffer: BufferState) -> None:
        """The compositor stops reading a buffer."""
        count = self._shown[buffer] - 1
        if count:
            self._shown[buffer] = count
        else:
            del self._shown[buffer]
            self._memory.release(buffer.file_use, buffer.pages)
        self.unpin(gate, buffer)

    def texture(self, change: int) -> None:
        """Pictures that the compositor keeps of surfaces take so many bytes more. Raises Refused.
        """
        self._memory.texture(change)
        self._textures += change

    def close(self) -> None:
        """The connection ended."""
        self._account.give(LIMIT, self.bytes)
        self.bytes = 0
        self.waiting = 0
        for buffer in self._shown:
            self._memory.release(buffer.file_use, buffer.pages)
        self._shown.clear()
        self._memory.texture(-self._textures)
        self._textures = 0
