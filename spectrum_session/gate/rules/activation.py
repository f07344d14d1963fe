"""xdg_activation_v1: attention, and perhaps the focus, for a window.

What a token is worth is the compositor's business. Here tokens are kept few, because it keeps each
for a while, and tied to what the person did.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from spectrum_session.gate.objects import Object
from spectrum_session.gate.schema import SCHEMA
from spectrum_session.gate.shell_model import ActivationTokenState
from spectrum_session.gate.verdict import DROP, Refused, Verdict
from spectrum_session.labels.sanitise import sanitise_app_id

from .dropping import drop
from .registry import request

if TYPE_CHECKING:
    from spectrum_session.gate.context import Context

ALREADY_USED = 0

MAX_TOKEN = 128
"""Bytes of a token. wlroots' have 32; startup ids of launchers, which some programs pass on, up to
about 100."""
MAX_TOKENS = 32
"""That a VM may get without new input from the person."""

_DONE = SCHEMA["xdg_activation_token_v1"].event("done")


def _unused(token: Object) -> ActivationTokenState:
    state = token.state
    assert isinstance(state, ActivationTokenState)
    if state.committed:
        raise Refused(token, ALREADY_USED, f"{token!r} is committed already")
    return state


@request("xdg_activation_v1", "get_activation_token")
def get_activation_token(_gate: Context, _manager: Object, made: Object) -> Verdict:
    """It says nothing yet."""
    made.state = ActivationTokenState()
    return None


@request("xdg_activation_token_v1", "set_serial")
def set_serial(_gate: Context, token: Object, serial: int, seat: Object) -> Verdict:
    """In answer to what the person did; looked at when it is committed, for without a serial it
    would pass for one that needs none."""
    state = _unused(token)
    state.serial, state.seat = serial, seat
    return None


@request("xdg_activation_token_v1", "set_app_id")
def set_app_id(_gate: Context, token: Object, app_id: bytes) -> Verdict:
    """Of the program that is to be activated, made safe like a window's."""
    state = _unused(token)
    state.app_id = sanitise_app_id(app_id)
    return (state.app_id.encode(),)


@request("xdg_activation_token_v1", "set_surface")
def set_surface(_gate: Context, token: Object, surface: Object) -> Verdict:
    """Where the person was."""
    _unused(token).surface = surface
    return None


@request("xdg_activation_token_v1", "commit")
def commit(gate: Context, token: Object) -> Verdict:
    """Once. Who may not have one gets one that is worth nothing, as from wlroots."""
    state = _unused(token)
    state.committed = True
    verdict: Verdict
    if state.serial == 0:
        # So toolkits say that there was no input yet: nothing to count.
        verdict = DROP
    elif state.serial is not None and not gate.knowledge.was_given(state.serial):
        verdict = drop(gate, "activation-serial")
    elif not _within_budget(gate):
        verdict = drop(gate, "activation-tokens")
    else:
        return None
    gate.send_event(_DONE, token.id, os.urandom(16).hex().encode())
    return verdict


def _within_budget(gate: Context) -> bool:
    """Tokens of the VM since its last input event; serials grow, and wrap round at 32 bits."""
    account = gate.account
    last, made = account.tokens
    newest = next(reversed(gate.knowledge.serials), None)
    if newest is not None and (last is None or 0 < (newest - last) & 0xFFFFFFFF < 1 << 31):
        last, made = newest, 0
    account.tokens = (last, made + 1)
    return made < MAX_TOKENS


@request("xdg_activation_v1", "activate")
def activate(gate: Context, _manager: Object, token: bytes, _surface: Object) -> Verdict:
    """A token that is none is looked up by nobody."""
    if not 0 < len(token) <= MAX_TOKEN or not all(0x21 <= byte <= 0x7E for byte in token):
        return drop(gate, "activation-token")
    return None
