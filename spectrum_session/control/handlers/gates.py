"""Gates of VMs in messages of the control socket."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import msgspec

from spectrum_session.control import messages
from spectrum_session.control.names import GateState
from spectrum_session.control.ports import Gates
from spectrum_session.vm.errors import VMError
from spectrum_session.vm.gates.messages import Connection, Message, plain

if TYPE_CHECKING:
    from spectrum_session.config.schema import Struct
    from spectrum_session.vm.gates.gates import VMGate

_DEPTH = 4
"""How deep the values are nested that a gate may tell of an object."""


async def ask_status(gate: VMGate) -> Message | None:
    """A gate's answer about its use; None when it gives none."""
    try:
        return await gate.ask("status")
    except VMError:
        return None


def gate(gate: VMGate | None, *, listening: bool) -> messages.Gate:
    """The gate of a VM; `listening`: without one, its socket is accepted on unchecked."""
    if gate is None:
        return messages.Gate(state="off" if listening else "none")
    process, wait = gate.process, gate.restart_in_s
    state: GateState = "running"
    if process is None:
        state = "waiting"
    elif process.pid is None:
        state = "starting"
    return messages.Gate(
        state=state,
        pid=process.pid if process is not None else None,
        sandbox=process.features if process is not None else [],
        restarts=gate.restarts,
        last_end=gate.last_end or None,
        restart_ms=None if wait is None else int(wait * 1000),
    )


def keys(struct: Struct) -> dict[str, Any]:
    """A table of the configuration as it is written."""
    return {
        field.encode_name: getattr(struct, field.name) for field in msgspec.structs.fields(struct)
    }


def usage(answer: Message, limits: list[str]) -> messages.Usage:
    """A VM's use of these limits, and refusals."""

    def named(counts: dict[str, int]) -> dict[str, int]:
        return {plain(name).replace("_", "-"): count for name, count in counts.items()}

    used, most = named(answer.used), named(answer.most)
    return messages.Usage(
        used={name: used.get(name, 0) for name in limits},
        most={name: most.get(name, 0) for name in limits},
        refused=named(answer.refusals),
        stalls=answer.stalls,
        stalled=answer.stalled,
        automatic=named(answer.automatic),
    )


async def tree_gates(gates: Gates) -> list[messages.TreeGate]:
    """The objects that each gate knows of its VM, asked all at once."""
    return list(await asyncio.gather(*(_tree_gate(gate) for gate in gates)))


async def _tree_gate(gate: VMGate) -> messages.TreeGate:
    try:
        answer = await gate.ask("describe")
    except VMError as error:
        return messages.TreeGate(vm=gate.name, connections=[], reason=str(error))
    return messages.TreeGate(
        vm=gate.name, connections=[_connection(told) for told in answer.connections]
    )


def _connection(told: Connection) -> messages.TreeConnection:
    return messages.TreeConnection(
        number=told.number,
        pid=told.pid or None,
        objects=told.count,
        known=[_plain(known) for known in told.objects],
        cut=told.cut,
    )


def _plain(value: Any, depth: int = _DEPTH) -> Any:
    """A value of a gate's with all its texts made safe."""
    if isinstance(value, str):
        return plain(value)
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if not depth:
        return "…"
    if isinstance(value, dict):
        return {plain(key): _plain(item, depth - 1) for key, item in value.items()}
    return [_plain(item, depth - 1) for item in value]
