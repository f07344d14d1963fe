"""What rules and models know of a connection: its tables, the VM's account, and messages of the
gate's own to either end. They import this, never the connection itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from .account import Account
    from .holding import Holding
    from .model import Knowledge
    from .object_table import Objects
    from .policy import Policy
    from .presentation import Presentation
    from .schema import Message
    from .serials import Serials


class Context(Protocol):
    """One connection, as rules and models see it."""

    account: Account
    """Counts of the whole VM, shared by its connections."""
    policy: Policy
    objects: Objects
    knowledge: Knowledge
    """State that belongs to no single object."""
    holding: Holding
    """Memory that the connection's objects take in the compositor."""
    serials: Serials
    presentation: Presentation
    now: int
    """When the message at hand arrived: nanoseconds of CLOCK_MONOTONIC."""
    commits: int
    """Surface commits since the rate limit was last applied."""

    def send_event(self, event: Message, object_id: int, *args: Any) -> None:
        """Send the client an event before the message at hand. It may hold no descriptor."""

    def send_request(self, request: Message, object_id: int, *args: Any) -> None:
        """Send the compositor a request before the message at hand. It may hold no descriptor."""

    def expect_descriptor(self) -> None:
        """The compositor answers the request at hand with a descriptor, which counts as one in
        flight."""
