"""The session as a whole: start, a window, keys, end."""

from __future__ import annotations

from .harness import running


def test_foot_opens_is_typed_into_and_closes() -> None:
    with running(config="[focus]\nguard-ms = 0\n") as session:
        session.spawn("foot", "--title=hello")
        window = session.wait_window(title="hello")
        assert window["vm"] is None
        assert window["label"] is None
        assert window["focused"]
        session.run("wtype", " exit")
        session.run("wtype", "-k", "Return")
        session.wait(lambda: not session.windows(), "foot to end")
