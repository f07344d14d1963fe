"""The configuration in force, and the forms in which the shell and the keyboard take it."""

from __future__ import annotations

from collections.abc import Callable

from spectrum_session.config.schema import Binding, Config
from spectrum_session.shell.keybindings import DEFAULT_MODE, BindingSpec, BindingTable
from spectrum_session.shell.options import Rule, ShellOptions

Keysym = Callable[[str], int]


class Settings:
    """Holds the configuration in force; a reload replaces it."""

    def __init__(self, config: Config) -> None:
        self.config = config


def binding_table(keysym: Keysym, config: Config) -> BindingTable:
    """Every key's action, in every mode. `keysym` gives the keysym of a key's name, 0 for none."""
    modes = {DEFAULT_MODE: config.bindings}
    modes.update({name: mode.bindings for name, mode in config.modes.items()})
    return BindingTable.build(
        {
            mode: {chord: _spec(binding) for chord, binding in bindings.items() if binding != ""}
            for mode, bindings in modes.items()
        },
        keysym,
    )


def _spec(binding: str | Binding) -> BindingSpec:
    if isinstance(binding, str):
        return BindingSpec(binding)
    return BindingSpec(
        binding.action, binding.repeat, binding.release, binding.locked, binding.keycode
    )


def shell_options(config: Config) -> ShellOptions:
    """The options of the shell."""
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
