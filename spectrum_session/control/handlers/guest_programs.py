"""Programs in guests that a client of the control socket waits for (`vm-run`)."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncGenerator
from contextlib import suppress

from spectrum_session.control import commands, errors, messages
from spectrum_session.control.errors import ControlError
from spectrum_session.control.ports import RunBeside
from spectrum_session.vm.errors import VMError
from spectrum_session.vm.guest.program import Program

_GRACE_S = 5.0
"""Between SIGTERM and SIGKILL for a program whose client is gone."""


async def relay(
    program: Program, args: commands.RunArgs, run_beside: RunBeside
) -> AsyncGenerator[messages.VMOutput | messages.Ran, None]:
    """Yield a program's output as it comes, when that is asked for, and at last its end.

    Closing the generator before that ends the program. Raises ControlError.
    """
    try:
        try:
            await program.started
            while args.stream and not program.ended.done():
                await program.news.wait()
                program.news.clear()
                for message in _written(program):
                    yield message
            status = await program.ended
        except VMError as error:
            raise ControlError(errors.FAILED, f"{args.name}: {error}") from error
        yield messages.Ran(
            status=status,
            output=bytes(program.output),
            errors=bytes(program.errors),
            cut=program.cut,
        )
    finally:
        if not program.ended.done():
            program.let_go()
            run_beside(_end(program))


def _written(program: Program) -> list[messages.VMOutput]:
    output, errors = program.take()
    made: list[messages.VMOutput] = []
    if output:
        made.append(messages.VMOutput(stream="output", data=output))
    if errors:
        made.append(messages.VMOutput(stream="errors", data=errors))
    return made


async def _end(program: Program) -> None:
    program.signal(signal.SIGTERM)
    # The VM may go before its program does.
    with suppress(asyncio.TimeoutError, VMError):
        await asyncio.wait_for(asyncio.shield(program.ended), _GRACE_S)
    program.signal(signal.SIGKILL)
