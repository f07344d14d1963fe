"""Labels of VMs."""

from __future__ import annotations

from spectrum_session.config.schema import VM, Label
from spectrum_session.labels.label import SUSPICIOUS
from spectrum_session.session.labels import NO_GATE, Labels
from spectrum_session.session.settings import Settings

from .world import config


def test_labels_follow_the_configuration_in_force() -> None:
    settings = Settings(config(work=VM(label="blue")))
    labels = Labels(settings)
    assert labels.of("work") == SUSPICIOUS.named("work")
    settings.config = config(work=VM(label="blue"))
    settings.config.labels["blue"] = Label(color="#0000ff")
    label = labels.of("work")
    assert (label.name, label.color.hex) == ("work", "#0000ff")
    assert labels.of("unknown") == SUSPICIOUS.named("unknown")


def test_a_vm_without_a_gate_says_so_before_its_name() -> None:
    labels = Labels(Settings(config()))
    labels.without_gate.add("work")
    assert labels.of("work").name == f"{NO_GATE} work"
