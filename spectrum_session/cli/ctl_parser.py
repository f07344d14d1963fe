"""The command line of `spectrumctl`: from words to a request."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, NoReturn

from spectrum_session.control.names import (
    EVENTS,
    SWITCHED,
    SWITCHES,
    WINDOW_ACTIONS,
)
from spectrum_session.shell.names import LAYOUTS, WORKSPACES
from spectrum_session.shell.suggest import unknown

PROGRAM = "spectrumctl"
VM_VERBS = ("list", "start", "stop", "socket", "status", "kill", "log", "apps", "run", "console")
IMAGE_VERBS = ("build", "list")


_WITH_LINE = ("action", "spawn")
"""Commands whose last argument is a command line of its own, options and all."""


class UsageError(Exception):
    """The command line is wrong. `where` is the command it is wrong in, for `--help`."""

    def __init__(self, message: str, where: str = PROGRAM) -> None:
        super().__init__(message)
        self.where = where


class Parser(argparse.ArgumentParser):
    """An argument parser that raises UsageError instead of ending the program with status 2."""

    def __init__(self, **options: Any) -> None:
        # No abbreviations: an option added later must not change what a script means.
        super().__init__(allow_abbrev=False, **options)

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, self.prog)


class Subcommand(NamedTuple):
    """One word after `spectrumctl`."""

    name: str
    usage: str
    """What may follow the name."""
    help: str
    arguments: Callable[[Parser], None]
    request: Callable[[argparse.Namespace], tuple[str, dict[str, Any]]]
    """The command of the protocol and its arguments."""


class Invocation(NamedTuple):
    """A whole command line."""

    command: str
    """Of the protocol."""
    args: dict[str, Any]
    json: bool
    socket: str | None
    file: str | None
    """Where a screenshot goes; "-" is standard output."""


def parse(argv: Sequence[str]) -> Invocation:
    """Understand the words after the program's name.

    Raises UsageError. `--help` and `--version` print and raise SystemExit(0), as argparse does.
    """
    start = _first_word(argv, ("--socket",))
    options = main_parser().parse_args(argv[:start])
    if start == len(argv):
        raise UsageError("a command is missing")
    name, rest = argv[start], list(argv[start + 1 :])
    subcommand = SUBCOMMANDS.get(name)
    if subcommand is None:
        raise UsageError(unknown("command", name, SUBCOMMANDS))
    line: list[str] = []
    if name == "vm" and "--" in rest:
        rest, line = rest[: rest.index("--")], rest[rest.index("--") + 1 :]
    if name in _WITH_LINE:
        # Ours to split: argparse would take options of the program for its own.
        end = _first_word(rest, ("--socket", "--vm"))
        rest, line = rest[:end], rest[end:]
        line = line[1:] if line[:1] == ["--"] else line
    # What stood before the command is in `options`, and holds unless it is said again.
    namespace = parser_of(subcommand).parse_intermixed_args(rest, options)
    namespace.line = line
    try:
        command, args = subcommand.request(namespace)
    except UsageError as error:
        raise UsageError(str(error), f"{PROGRAM} {name}") from None
    return Invocation(
        command=command,
        args=args,
        json=namespace.json,
        socket=namespace.socket,
        file=getattr(namespace, "file", None),
    )


def main_parser() -> Parser:
    """Of what stands before the command; its help lists the commands."""
    width = max(len(name) for name in SUBCOMMANDS)
    lines = [f"  {s.name:{width}}  {s.help}" for s in SUBCOMMANDS.values()]
    parser = Parser(
        prog=PROGRAM,
        usage=f"{PROGRAM} [--json] [--socket PATH] COMMAND [ARGUMENT...]",
        description="See and drive a running spectrum-session.",
        epilog="commands:\n" + "\n".join(lines) + f"\n\n'{PROGRAM} COMMAND --help' tells more.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _common(parser)
    parser.add_argument("--version", action=_Version, help="print this program's version")
    return parser


def parser_of(subcommand: Subcommand) -> Parser:
    """Of what stands after the command's name."""
    parser = Parser(
        prog=f"{PROGRAM} {subcommand.name}",
        usage=f"{PROGRAM} {subcommand.name} {subcommand.usage}".rstrip(),
        description=subcommand.help,
    )
    subcommand.arguments(parser)
    _common(parser)
    return parser


class _Version(argparse.Action):
    def __init__(self, option_strings: Sequence[str], dest: str, help: str | None = None) -> None:
        super().__init__(option_strings, dest, nargs=0, default=argparse.SUPPRESS, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *rest: object) -> None:
        from spectrum_session import __version__

        print(f"{PROGRAM} {__version__}")
        parser.exit()


def _common(parser: Parser) -> None:
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.add_argument(
        "--socket",
        metavar="PATH",
        help="the session's control socket (default: $SPECTRUM_SESSION_SOCKET, or the only one)",
    )


def _first_word(argv: Sequence[str], with_value: tuple[str, ...]) -> int:
    """The index of the first word that is no option, nor the value of one in `with_value`."""
    index = 0
    while index < len(argv):
        word = argv[index]
        if word == "--" or not word.startswith("-"):
            return index
        index += 2 if word in with_value else 1
    return len(argv)


def _one_of(what: str, names: Sequence[str]) -> Callable[[str], str]:
    def check(text: str) -> str:
        if text not in names:
            raise argparse.ArgumentTypeError(unknown(what, text, names))
        return text

    return check


def _whole(text: str, what: str, low: int | None = None, high: int | None = None) -> int:
    try:
        number = int(text)
    except ValueError:
        raise UsageError(f"{what} must be a whole number, not '{text}'") from None
    if (low is not None and number < low) or (high is not None and number > high):
        raise UsageError(f"{what} must be from {low} to {high}, not {number}")
    return number


def _number(what: str, low: int, high: int) -> Callable[[str], int]:
    def check(text: str) -> int:
        try:
            return _whole(text, what, low, high)
        except UsageError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return check


def _workspace(parser: Parser) -> None:
    low, high = WORKSPACES[0], WORKSPACES[-1]
    parser.add_argument(
        "number", metavar="N", type=_number("a workspace", low, high), help=f"{low} to {high}"
    )


def _layout(parser: Parser) -> None:
    parser.add_argument(
        "name", metavar="NAME", type=_one_of("layout", LAYOUTS), help=", ".join(LAYOUTS)
    )


def _window(parser: Parser) -> None:
    parser.add_argument("id", metavar="ID", type=_number("a window", 0, 2**63 - 1))
    parser.add_argument(
        "action",
        metavar="ACTION",
        type=_one_of("window action", WINDOW_ACTIONS),
        help="focus, close, kill, move X Y, resize W H (the whole frame, logical pixels), "
        "fullscreen, float or maximise [on|off|toggle], minimise, workspace N",
    )
    parser.add_argument("values", metavar="VALUE", nargs="*", help="what the action takes")


def _window_request(options: argparse.Namespace) -> tuple[str, dict[str, Any]]:
    action, values = options.action, options.values
    args: dict[str, Any] = {"id": options.id, "action": action}
    names: tuple[str, ...] = ()
    if action in SWITCHED:
        if len(values) > 1:
            raise UsageError(f"'{action}' takes one of {', '.join(SWITCHES)}, or nothing")
        for value in values:
            if value not in SWITCHES:
                raise UsageError(unknown("switch", value, SWITCHES))
            args["switch"] = value
        return "window", args
    if action == "move":
        names = ("x", "y")
    elif action == "resize":
        names = ("width", "height")
    elif action == "workspace":
        names = ("workspace",)
    if len(values) != len(names):
        wanted = " and ".join(name.upper() for name in names) or "nothing"
        raise UsageError(f"'{action}' takes {wanted}")
    for name, value in zip(names, values, strict=True):
        args[name] = _whole(value, name)
    return "window", args


def _action(parser: Parser) -> None:
    # Only for the help: `parse` takes these words away.
    parser.add_argument("none", metavar="TEXT", nargs="*", help="an action as a key binding has it")


def _action_request(options: argparse.Namespace) -> tuple[str, dict[str, Any]]:
    if not options.line:
        raise UsageError("the text of the action is missing")
    if len(options.line) == 1:
        return "action", {"text": options.line[0]}
    from shlex import join  # actions are split as a shell splits words

    return "action", {"text": join(options.line)}


def _spawn(parser: Parser) -> None:
    parser.add_argument("--vm", metavar="NAME", help="in this VM (default: on the host)")
    # Only for the help: `parse` takes these words away.
    parser.add_argument("none", metavar="CMD", nargs="*", help="the program and its arguments")


def _spawn_request(options: argparse.Namespace) -> tuple[str, dict[str, Any]]:
    if not options.line:
        raise UsageError("the program to start is missing")
    return "spawn", {"argv": options.line, "vm": options.vm}


def _vm(parser: Parser) -> None:
    parser.add_argument(
        "verb",
        metavar="|".join(VM_VERBS),
        type=_one_of("VM command", VM_VERBS),
        help="socket prints the path of the VM's Wayland socket, status what it has and may do, "
        "apps what it offers; run runs a program in it to its end, and ends as that did; console "
        "opens its console in a window, and ends with status 230 when it is open already",
    )
    parser.add_argument("name", metavar="NAME", nargs="?", help="the VM; list takes none")
    parser.add_argument(
        "--wait", action="store_true", help="console: end when the window is closed"
    )
    # Only for the help: `parse` takes these words away.
    parser.add_argument("none", metavar="-- CMD", nargs="*", help="what run runs")


def _vm_request(options: argparse.Namespace) -> tuple[str, dict[str, Any]]:
    verb, name, line = options.verb, options.name, options.line
    if options.wait and verb != "console":
        raise UsageError(f"'{verb}' takes no --wait")
    if options.none:
        raise UsageError(f"'{options.none[0]}' is one word too many; a program stands after --")
    if verb == "list":
        if name is not None or line:
            raise UsageError("'list' takes nothing")
        return "vms", {}
    if name is None:
        raise UsageError("the NAME of the VM is missing")
    if verb == "run":
        if not line:
            raise UsageError("the program to run is missing; it stands after --")
        return "vm-run", {"name": name, "argv": line}
    if line:
        raise UsageError(f"'{verb}' takes no program")
    if verb == "console":
        return "vm-console", {"name": name, "wait": options.wait}
    return f"vm-{verb}", {"name": name}


def _image(parser: Parser) -> None:
    parser.add_argument(
        "verb",
        metavar="|".join(IMAGE_VERBS),
        type=_one_of("image command", IMAGE_VERBS),
        help="build makes the image of a VM, list says which there are; neither needs a session",
    )
    parser.add_argument("name", metavar="NAME", nargs="?", help="the VM; build without it: of all")
    parser.add_argument(
        "--mirror", metavar="URL", help="of Debian (default: the one that apt uses here)"
    )
    parser.add_argument(
        "--again", action="store_true", help="build though there is one, for newer packages"
    )
    parser.add_argument(
        "--config", metavar="DIR", help="configuration directory, as spectrum-session's"
    )


def _image_request(options: argparse.Namespace) -> tuple[str, dict[str, Any]]:
    if options.verb == "list":
        if options.name is not None or options.mirror is not None or options.again:
            raise UsageError("'list' takes --config alone")
        return "image-list", {"config": options.config}
    args = {"name": options.name, "mirror": options.mirror, "again": options.again}
    return "image-build", {**args, "config": options.config}


def _screenshot(parser: Parser) -> None:
    parser.add_argument("file", metavar="FILE", help="where the PNG goes; - is standard output")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--output", metavar="NAME", help="this output alone")
    what.add_argument(
        "--window", metavar="ID", type=_number("a window", 0, 2**63 - 1), help="this window alone"
    )


def _screenshot_request(options: argparse.Namespace) -> tuple[str, dict[str, Any]]:
    if options.file == "-" and options.json:
        raise UsageError("--json and a picture cannot both go to standard output")
    return "screenshot", {"output": options.output, "window": options.window}


def _subscribe(parser: Parser) -> None:
    parser.add_argument(
        "events",
        metavar="EVENT",
        nargs="*",
        type=_one_of("event", EVENTS),
        help=f"{', '.join(EVENTS)} (default: all)",
    )


def _plain(name: str, help: str) -> Subcommand:
    return Subcommand(name, "[--json]", help, lambda parser: None, lambda options: (name, {}))


SUBCOMMANDS: dict[str, Subcommand] = {
    subcommand.name: subcommand
    for subcommand in (
        _plain("windows", "list the windows"),
        _plain("outputs", "list the outputs"),
        _plain("workspaces", "list the workspaces"),
        _plain("vms", "list the VMs"),
        _plain("apps", "list the programs of all VMs"),
        _plain("clients", "list the Wayland connections"),
        _plain("bindings", "list the key bindings in force"),
        _plain("version", "say what session runs, and on what"),
        _plain("tree", "show the windows by output and workspace"),
        Subcommand(
            "window",
            "ID ACTION [VALUE...]",
            "act on one window",
            _window,
            _window_request,
        ),
        Subcommand(
            "workspace",
            "N",
            "show a workspace and focus it",
            _workspace,
            lambda options: ("workspace", {"number": options.number}),
        ),
        Subcommand(
            "layout",
            "NAME",
            "set the layout of the focused workspace",
            _layout,
            lambda options: ("layout", {"name": options.name}),
        ),
        Subcommand(
            "action",
            "TEXT",
            "do what a key binding could do",
            _action,
            _action_request,
        ),
        Subcommand(
            "spawn",
            "[--vm NAME] -- CMD...",
            "start a program on the host or in a VM",
            _spawn,
            _spawn_request,
        ),
        Subcommand(
            "vm",
            f"{'|'.join(VM_VERBS)} NAME [--wait] [-- CMD...]",
            "start or stop a VM, say how it is, run a program in it, or open its console",
            _vm,
            _vm_request,
        ),
        Subcommand(
            "image",
            "build NAME [--mirror URL] [--again] [--config DIR] | list [--config DIR]",
            "make the images that machines boot from",
            _image,
            _image_request,
        ),
        Subcommand(
            "screenshot",
            "FILE [--output NAME | --window ID]",
            "write a picture of the screen as PNG",
            _screenshot,
            _screenshot_request,
        ),
        Subcommand(
            "subscribe",
            "[EVENT...]",
            "print events as they come, one JSON object a line",
            _subscribe,
            lambda options: ("subscribe", {"events": options.events}),
        ),
        _plain("reload", "read the configuration again"),
        _plain("exit", "end the session"),
    )
}
"""By name, in the order of the help."""
