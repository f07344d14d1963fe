"""What the control socket tells of a VM and its gate."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import msgspec

from spectrum_session.control import messages
from spectrum_session.control.names import GateState
from spectrum_session.vm.boot_stages import Boot, judge, took
from spectrum_session.vm.errors import VMError
from spectrum_session.vm.gates.gates import VMGate
from spectrum_session.vm.gates.messages import Connection, Message, plain

if TYPE_CHECKING:
    from spectrum_session.config.schema import Struct
    from spectrum_session.session.session import Session

_DEPTH = 4
"""How deep the values are nested that a gate may tell of an object."""


async def vm_status(session: Session, name: str, vm: messages.VM) -> messages.VMStatus:
    """All that is known of a VM; `vm` is what `vms` lists of it."""
    config = session.config
    definition = config.vms.get(name)
    gate = session.gates.get(name)
    answer: Message | None = None
    if gate is not None:
        try:
            answer = await gate.ask("status")
        except VMError:
            answer = None
    if gate is not None:
        state = _gate(gate)
    else:
        state = messages.Gate(state="off" if session.server.is_listening(name) else "none")
    delay = definition if definition is not None else config.session
    return messages.VMStatus(
        vm=vm,
        note=session.vms.states()[name].note or None,
        gate=state,
        connections=session.server.origins.count(name),
        permissions=_keys(config.permissions_of(name)),
        limits=_keys(config.limits_of(name)),
        events_max_delay_ms=delay.events_max_delay_ms,
        last_start=last_start(session.vms.boot(name)),
        usage=_usage(answer, list(_keys(config.limits_of(name)))) if answer is not None else None,
    )


def boot(start: Boot | None) -> messages.Boot | None:
    """How far a start is; None for one that is over, or that never was."""
    if start is None or start.ended is not None:
        return None
    now = time.monotonic()
    expected = start.expected
    return messages.Boot(
        stage=start.stage.value,
        elapsed_ms=int(start.elapsed(now) * 1000),
        expected_ms=int(expected.total_s * 1000) if expected is not None else None,
        verdict=judge(start, now).value,
    )


def last_start(start: Boot | None) -> messages.LastStart | None:
    """How long a start took; None for one that goes on, or that never was."""
    if start is None or start.ended is None:
        return None
    times = took(start)
    stages = {stage: int(seconds * 1000) for stage, seconds in times.stages.items()}
    return messages.LastStart(total_ms=int(times.total_s * 1000), stages_ms=stages)


def _gate(gate: VMGate) -> messages.Gate:
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


def _keys(struct: Struct) -> dict[str, Any]:
    """A table of the configuration as it is written."""
    return {
        field.encode_name: getattr(struct, field.name) for field in msgspec.structs.fields(struct)
    }


def _usage(answer: Message, limits: list[str]) -> messages.Usage:
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


async def tree_gates(session: Session) -> list[messages.TreeGate]:
    """What each gate knows of its VM, asked all at once."""
    return list(await asyncio.gather(*(_tree_gate(gate) for gate in session.gates)))


async def _tree_gate(gate: VMGate) -> messages.TreeGate:
    try:
        answer = await gate.ask("describe")
    except VMError as error:
        return messages.TreeGate(vm=gate.name, connections=[], reason=str(error))
    return messages.TreeGate(
        vm=gate.name, connections=[_connection(one) for one in answer.connections]
    )


def _connection(one: Connection) -> messages.TreeConnection:
    return messages.TreeConnection(
        number=one.number,
        pid=one.pid or None,
        objects=one.count,
        known=[_plain(known) for known in one.objects],
        cut=one.cut,
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
        return {plain(key): _plain(one, depth - 1) for key, one in value.items()}
    return [_plain(one, depth - 1) for one in value]
