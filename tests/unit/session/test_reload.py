"""Reading the configuration again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from spectrum_session.compositor.events import Bus
from spectrum_session.session.events import ConfigReloaded
from spectrum_session.session.notices import Notices
from spectrum_session.session.reload import Reload
from spectrum_session.session.settings import Settings

from .test_actions import Recorder
from .world import FakeCompositor, config


class World:
    def __init__(self, directory: Path) -> None:
        self.directory = directory
        (directory / "vms").mkdir()
        self.bus = Bus()
        self.events: list[ConfigReloaded] = []
        self.bus.subscribe(ConfigReloaded, self.events.append)
        self.compositor = FakeCompositor()
        self.settings = Settings(config())
        self.parts = Recorder()
        keysyms: dict[str, int] = {}
        parts: Any = self.parts
        parts.vms = parts.gates = parts
        self.reload = Reload(
            directory,
            False,
            lambda name: keysyms.setdefault(name, len(keysyms) + 1),
            self.settings,
            self.compositor,
            self.bus,
            Notices(self.compositor, self.settings, []),
            parts,
            parts,
        ).reload


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_every_part_takes_the_new_configuration(world: World) -> None:
    (world.directory / "vms" / "mail.toml").write_text('command = ["true"]\n')
    assert world.reload() == []
    assert list(world.settings.config.vms) == ["mail"]
    [(name, taken, _)] = world.compositor.calls
    assert (name, taken) == ("reconfigure", world.settings.config)
    done = [call[0] for call in world.parts.calls]
    assert done == ["update", "watch", "update", "reconfigured"]
    assert world.events == [ConfigReloaded()]


def test_with_errors_the_old_one_stays(world: World) -> None:
    before = world.settings.config
    (world.directory / "vms" / "mail.toml").write_text("driver = 7\n")
    errors = world.reload()
    assert "mail.toml" in errors[0]
    assert world.settings.config is before
    assert world.parts.calls == []
    assert world.compositor.calls == [("show", "notice")]
    assert world.events == [ConfigReloaded(tuple(errors))]
