"""The command line of `spectrumctl`: from words to a request."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from spectrum_session.control.names import EVENTS, SWITCHED, SWITCHES, WINDOW_ACTIONS
from spectrum_session.shell.names import LAYOUTS, WORKSPACES
from spectrum_session.shell.suggest import unknown

PROGRAM = "spectrumctl"

Request = tuple[str, dict[str, Any]]
"""A command of the protocol and its arguments."""

_LISTS = {
    "windows": "list the windows",
    "outputs": "list the outputs",
    "workspaces": "list the workspaces",
    "vms": "list the VMs",
    "apps": "list the applications of all VMs",
    "clients": "list the Wayland connections",
    "bindings": "list the key bindings in force",
    "version": "print the versions of the session and its libraries",
    "tree": "show the windows by output and workspace",
}
_VM_HELP = {
    "start": "start the VM",
    "stop": "shut the VM down",
    "socket": "print the path of the VM's Wayland socket",
    "status": "print the VM's state, permissions and usage",
    "kill": "end the VM at once",
    "log": "print the end of the VM's log",
    "apps": "list the applications that the VM offers",
}
VM_VERBS = ("list", "start", "stop", "socket", "status", "kill", "log", "apps", "run", "console")
IMAGE_VERBS = ("build", "list")

_WINDOW_HELP = {
    "focus": "focus the window",
    "close": "ask the window to close",
    "kill": "disconnect the window's client",
    "move": "move the frame (logical pixels)",
    "resize": "resize the frame (logical pixels)",
    "fullscreen": "make the window fullscreen, or end that",
    "float": "float the window, or tile it",
    "maximise": "maximise the window, or end that",
    "minimise": "minimise the window",
    "workspace": "move the window to a workspace",
}
_WINDOW_VALUES = {"move": ("x", "y"), "resize": ("width", "height"), "workspace": ("workspace",)}


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

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        # Suggests the nearest command instead of listing all of them.
        if action.choices is not None and value not in action.choices:
            raise UsageError(unknown(action.dest, value, action.choices), self.prog)


if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[Parser]


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
    """Parse the words after the program's name.

    Raises UsageError. `--help` and `--version` print and raise SystemExit(0), as argparse does.
    """
    words, program = list(argv), None
    # argparse handles "--" differently from version to version: a VM's program is split off here.
    if "--" in words and _command(words) == "vm":
        end = words.index("--")
        words, program = words[:end], words[end + 1 :]
    options, unexpected = main_parser().parse_known_args(words)
    where = getattr(options, "prog", PROGRAM)
    if unexpected:
        hint = "; put the program after --" if getattr(options, "verb", None) == "run" else ""
        raise UsageError(f"unexpected argument '{unexpected[0]}'{hint}", where)
    if options.command is None:
        raise UsageError("a command is missing")
    options.program = program
    try:
        command, args = options.request(options)
    except UsageError as error:
        raise UsageError(str(error), where) from None
    return Invocation(command, args, options.json, options.socket, getattr(options, "file", None))


def _command(words: Sequence[str]) -> str | None:
    """The first word that is neither an option nor an option's value."""
    values = {index + 1 for index, word in enumerate(words) if word == "--socket"}
    rest = (w for index, w in enumerate(words) if index not in values and not w.startswith("-"))
    return next(rest, None)


def main_parser() -> Parser:
    """The parser of the whole command line, with one of its own for each command."""
    parser = Parser(
        prog=PROGRAM,
        description="Inspect and control a running spectrum-session.",
        epilog=f"'{PROGRAM} COMMAND --help' tells more.",
    )
    _common(parser, None, False)
    parser.add_argument("--version", action=_Version, help="print this program's version")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command")
    for name, text in _LISTS.items():
        _add(commands, name, text, _fixed(name))
    _add_window(commands)
    workspace = _add(
        commands,
        "workspace",
        "show a workspace and focus it",
        lambda options: ("workspace", {"number": options.number}),
    )
    low, high = WORKSPACES[0], WORKSPACES[-1]
    workspace.add_argument(
        "number", metavar="N", type=_number("a workspace", low, high), help=f"{low} to {high}"
    )
    layout = _add(
        commands,
        "layout",
        "set the layout of the focused workspace",
        lambda options: ("layout", {"name": options.name}),
    )
    layout.add_argument(
        "name", metavar="NAME", type=_one_of("layout", LAYOUTS), help=", ".join(LAYOUTS)
    )
    action = _add(commands, "action", "run an action, as a key binding does", _action)
    action.add_argument(
        "line", metavar="TEXT", nargs=argparse.REMAINDER, help="as it stands in a key binding"
    )
    spawn = _add(commands, "spawn", "start a program on the host or in a VM", _spawn)
    spawn.add_argument("--vm", metavar="NAME", help="in this VM (default: on the host)")
    spawn.add_argument(
        "line", metavar="CMD", nargs=argparse.REMAINDER, help="the program and its arguments"
    )
    _add_vm(commands)
    _add_image(commands)
    _add_screenshot(commands)
    subscribe = _add(
        commands,
        "subscribe",
        "print events as they come, one JSON object a line",
        lambda options: ("subscribe", {"events": options.events}),
    )
    subscribe.add_argument(
        "events",
        metavar="EVENT",
        nargs="*",
        type=_one_of("event", EVENTS),
        help=f"{', '.join(EVENTS)} (default: all)",
    )
    _add(commands, "reload", "read the configuration again", _fixed("reload"))
    _add(commands, "exit", "end the session", _fixed("exit"))
    return parser


class _Version(argparse.Action):
    def __init__(self, option_strings: Sequence[str], dest: str, help: str | None = None) -> None:
        super().__init__(option_strings, dest, nargs=0, default=argparse.SUPPRESS, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *rest: object) -> None:
        from spectrum_session import __version__

        print(f"{PROGRAM} {__version__}")
        parser.exit()


def _common(
    parser: Parser, socket: str | None = argparse.SUPPRESS, json: Any = argparse.SUPPRESS
) -> None:
    """Options that may stand at any place: without a default, where an outer parser has it."""
    parser.add_argument(
        "--json", action="store_true", default=json, help="print the result as JSON"
    )
    parser.add_argument(
        "--socket",
        metavar="PATH",
        default=socket,
        help="the session's control socket (default: $SPECTRUM_SESSION_SOCKET, or the only one)",
    )


def _add(
    commands: Commands,
    name: str,
    text: str,
    request: Callable[[argparse.Namespace], Request] | None = None,
) -> Parser:
    """A command's parser; `request` makes its request, or the commands below it do."""
    parser = commands.add_parser(name, help=text, description=text)
    _common(parser)
    if request is not None:
        parser.set_defaults(request=request, prog=parser.prog)
    return parser


def _fixed(command: str) -> Callable[[argparse.Namespace], Request]:
    return lambda options: (command, {})


def _one_of(kind: str, names: Sequence[str]) -> Callable[[str], str]:
    def check(text: str) -> str:
        if text not in names:
            raise argparse.ArgumentTypeError(unknown(kind, text, names))
        return text

    return check


def _number(name: str, low: int | None = None, high: int | None = None) -> Callable[[str], int]:
    def check(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            message = f"{name} must be a whole number, not '{text}'"
            raise argparse.ArgumentTypeError(message) from None
        if (low is not None and number < low) or (high is not None and number > high):
            message = f"{name} must be from {low} to {high}, not {number}"
            raise argparse.ArgumentTypeError(message)
        return number

    return check


def _add_window(commands: Commands) -> None:
    window = _add(commands, "window", "act on one window")
    window.add_argument("id", metavar="ID", type=_number("a window", 0, 2**63 - 1))
    actions = window.add_subparsers(
        title="actions", metavar="ACTION", dest="window action", required=True, prog=window.prog
    )
    for name in WINDOW_ACTIONS:
        action = _add(actions, name, _WINDOW_HELP[name], _window)
        action.set_defaults(action=name)
        for value in _WINDOW_VALUES.get(name, ()):
            action.add_argument(value, metavar=value.upper(), type=_number(value))
        if name in SWITCHED:
            action.add_argument(
                "switch",
                metavar="|".join(SWITCHES),
                nargs="?",
                type=_one_of("switch", SWITCHES),
            )


def _window(options: argparse.Namespace) -> Request:
    names = ("id", "action", "switch", *_WINDOW_VALUES.get(options.action, ()))
    values = {name: getattr(options, name, None) for name in names}
    return "window", {name: value for name, value in values.items() if value is not None}


def _line(options: argparse.Namespace) -> list[str]:
    line: list[str] = options.line
    return line[1:] if line[:1] == ["--"] else line


def _action(options: argparse.Namespace) -> Request:
    line = _line(options)
    if not line:
        raise UsageError("the text of the action is missing")
    if len(line) == 1:
        return "action", {"text": line[0]}
    from shlex import join  # actions are split as a shell splits words

    return "action", {"text": join(line)}


def _spawn(options: argparse.Namespace) -> Request:
    line = _line(options)
    if not line:
        raise UsageError("the program to start is missing")
    return "spawn", {"argv": line, "vm": options.vm}


def _add_vm(commands: Commands) -> None:
    vm = _add(commands, "vm", "control a VM, run a program in it, or open its console")
    verbs = vm.add_subparsers(
        title="commands", metavar="|".join(VM_VERBS), dest="VM command", required=True
    )
    _add(verbs, "list", "list the VMs", _vm)
    for name, text in _VM_HELP.items():
        _add(verbs, name, text, _vm)
    run = _add(verbs, "run", "run a program in the VM, and exit with its status", _vm)
    run.usage = f"{run.prog} [--json] [--socket PATH] NAME -- CMD..."
    console = _add(
        verbs, "console", "open the VM's console in a window; status 230: it is open already", _vm
    )
    console.add_argument("--wait", action="store_true", help="exit when the window is closed")
    for name, parser in verbs.choices.items():
        parser.set_defaults(verb=name)
        if name != "list":
            parser.add_argument("name", metavar="NAME", help="the VM")


def _vm(options: argparse.Namespace) -> Request:
    verb, program = options.verb, options.program
    if verb == "run":
        if not program:
            raise UsageError("the program to run is missing; put it after --")
        return "vm-run", {"name": options.name, "argv": program}
    if program is not None:
        raise UsageError(f"'{verb}' takes no program")
    if verb == "list":
        return "vms", {}
    if verb == "console":
        return "vm-console", {"name": options.name, "wait": options.wait}
    return f"vm-{verb}", {"name": options.name}


def _add_image(commands: Commands) -> None:
    image = _add(commands, "image", "build and list the images that VMs boot from")
    verbs = image.add_subparsers(
        title="commands", metavar="|".join(IMAGE_VERBS), dest="image command", required=True
    )
    build = _add(verbs, "build", "build the image of a VM; needs no session", _image_build)
    build.add_argument("name", metavar="NAME", nargs="?", help="the VM (default: all)")
    build.add_argument(
        "--mirror", metavar="URL", help="of Debian (default: the one that apt uses here)"
    )
    build.add_argument(
        "--again", action="store_true", help="rebuild an image that exists, for newer packages"
    )
    listing = _add(
        verbs,
        "list",
        "list the images of all VMs; needs no session",
        lambda options: ("image-list", {"config": options.config}),
    )
    for parser in (build, listing):
        parser.add_argument(
            "--config", metavar="DIR", help="configuration directory, as spectrum-session's"
        )


def _image_build(options: argparse.Namespace) -> Request:
    args = {"name": options.name, "mirror": options.mirror, "again": options.again}
    return "image-build", {**args, "config": options.config}


def _add_screenshot(commands: Commands) -> None:
    parser = _add(commands, "screenshot", "write a picture of the screen as PNG", _screenshot)
    parser.add_argument("file", metavar="FILE", help="the PNG to write; - is standard output")
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--output", metavar="NAME", help="this output alone")
    only.add_argument(
        "--window", metavar="ID", type=_number("a window", 0, 2**63 - 1), help="this window alone"
    )


def _screenshot(options: argparse.Namespace) -> Request:
    if options.file == "-" and options.json:
        raise UsageError("--json and a picture cannot both go to standard output")
    return "screenshot", {"output": options.output, "window": options.window}
