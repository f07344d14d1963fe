"""`spectrumctl image`: builds and lists images of VMs. Needs no session."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

from spectrum_session.config.errors import ConfigErrors
from spectrum_session.config.load import load
from spectrum_session.config.schema import VM
from spectrum_session.config.spectrum import SpectrumVM
from spectrum_session.control.errors import CONFIG, FAILED, NOT_FOUND, ControlError
from spectrum_session.images.archives import Archives
from spectrum_session.images.build import BuildError, build
from spectrum_session.images.recipe import Recipe, this_architecture
from spectrum_session.images.store import Store

Json = dict[str, Any]


def carry_out(command: str, args: Json) -> Json | list[Json]:
    """The result of `image-build` or `image-list`, as `--json` prints it. Raises ControlError."""
    try:
        directory = Path(args["config"]) if args["config"] is not None else None
        machines = {
            name: definition
            for name, definition in load(directory, os.environ).vms.items()
            if _has_image(definition)
        }
    except ConfigErrors as error:
        raise ControlError(CONFIG, f"the configuration has errors\n{error}") from error
    store = Store.default(os.environ)
    if command == "image-list":
        return [_listed(store, _recipe(name, vm)) for name, vm in sorted(machines.items())]
    if args["name"] is not None:
        return _built(store, machines, args["name"], args)
    if not machines:
        raise ControlError(NOT_FOUND, "no VM that needs an image is defined in vms/*.toml")
    return [_built(store, machines, name, args) for name in sorted(machines)]


def _has_image(definition: VM) -> bool:
    if definition.driver == "local" or isinstance(definition, SpectrumVM):
        return False
    return not (definition.kernel or definition.api_socket)


def _recipe(name: str, definition: VM) -> Recipe:
    return Recipe(name, tuple(definition.packages), architecture=this_architecture())


def _listed(store: Store, recipe: Recipe) -> Json:
    image = store.find(recipe)
    if image is not None:
        state = "there"
    else:
        state = "outdated" if store.has_any(recipe.name) else "not built"
    size = image.size if image is not None else None
    return {"name": recipe.name, "state": state, "bytes": size}


def _built(store: Store, machines: dict[str, VM], name: str, args: Json) -> Json:
    definition = machines.get(name)
    if definition is None:
        known = ", ".join(sorted(machines)) or "none"
        text = f"no VM {name!r} that needs an image is defined in vms/*.toml (defined: {known})"
        raise ControlError(NOT_FOUND, text)
    begun = time.monotonic()

    def progress(step: str) -> None:
        print(f"{name}: {time.monotonic() - begun:5.0f} s  {step}", file=sys.stderr, flush=True)

    try:
        recipe = _recipe(name, definition)
        archives = Archives.default(os.environ, recipe.suite, recipe.architecture)
        image = build(recipe, store, archives, args["mirror"], progress, args["again"])
    except BuildError as error:
        raise ControlError(FAILED, f"{name}: building the image failed: {error}") from error
    return {"name": name, "directory": str(image.directory), "bytes": image.size}
