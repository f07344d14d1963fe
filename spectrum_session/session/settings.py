"""The configuration in the words of those who follow it: labels, bindings, the shell's options."""

from __future__ import annotations

from collections.abc import Mapping

from spectrum_session.config.schema import Binding, Config
from spectrum_session.labels.label import Label, make_labels
from spectrum_session.shell.keybindings import DEFAULT_MODE, BindingSpec, BindingTable
from spectrum_session.shell.options import Rule, ShellOptions
from spectrum_session.wlr import ffi, lib


def keysym_from_name(name: str) -> int:
    """The xkb keysym of a key's name, 0 for none; by wlroots' own libxkbcommon."""
    return int(lib.xkb_keysym_from_name(ffi.new("char[]", name.encode()), 0))


def labels(config: Config) -> Mapping[str, Label]:
    """What marks VMs, by the name that definitions use."""
    return make_labels((name, label.color, label.pattern) for name, label in config.labels.items())


def binding_table(config: Config) -> BindingTable:
    """What every key does, in every mode."""
    modes = {DEFAULT_MODE: config.bindings}
    modes.update({name: mode.bindings for name, mode in config.modes.items()})
    return BindingTable.build(
        {
            mode: {chord: _spec(binding) for chord, binding in bindings.items() if binding != ""}
            for mode, bindings in modes.items()
        },
        keysym_from_name,
    )


def _spec(binding: str | Binding) -> BindingSpec:
    if isinstance(binding, str):
        return BindingSpec(binding)
    return BindingSpec(
        binding.action, binding.repeat, binding.release, binding.locked, binding.keycode
    )


def shell_options(config: Config) -> ShellOptions:
    """What the shell goes by."""
    layout = config.layout
    return ShellOptions(
        gap=layout.gap,
        outer_gap=layout.outer_gap,
        master_ratio=layout.master_ratio,
        default_layout=layout.default,
        layouts={int(number): name for number, name in layout.workspaces.items()},
        rules=tuple(
            Rule(
                rule.vm,
                rule.app_id,
                rule.title,
                rule.floating,
                rule.workspace,
                rule.fullscreen,
                rule.maximised,
                rule.focus,
                rule.width,
                rule.height,
            )
            for rule in config.rules
        ),
        focus_follows_pointer=config.focus.follows_pointer,
        # Without gates every window has to say so, and a frame is where it does.
        true_fullscreen=frozenset(
            name
            for name, definition in config.vms.items()
            if definition.true_fullscreen and config.session.gate
        ),
        title_height=config.frame.title_height + config.frame.border,
    )
