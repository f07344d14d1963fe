"""What pyproject.toml cannot say: what is generated, and files from beside the package."""

from __future__ import annotations

import os
import runpy
import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

# Where each directory of the checkout is in an installed package. An editable install takes them
# from the checkout.
SHIPPED = {
    "configs": "spectrum_session/config/defaults",
    "protocols": "spectrum_session/protocols",
}


class BuildWithShippedFiles(build_py):
    """Adds the shipped configuration, the protocols and what is compiled from them."""

    def run(self) -> None:
        super().run()
        if getattr(self, "editable_mode", False):
            return
        for source, target in SHIPPED.items():
            shutil.copytree(source, Path(self.build_lib, target), dirs_exist_ok=True)
        build_protocol = runpy.run_path("spectrum_session/compositor/protocols/_build.py")["build"]
        build_protocol(Path("protocols"), Path(self.build_lib, "spectrum_session/_protocol"))


cffi_modules = [
    "spectrum_session/labels/_pango_build.py:ffibuilder",
    "spectrum_session/native/_build.py:ffibuilder",
    "spectrum_session/wlr/_wheel_build.py:ffibuilder",
]
# A package with this module is bound to one release of wlroots: only who asks for it gets it.
if os.environ.get("SPECTRUM_SESSION_WLROOTS") == "system":
    cffi_modules.append("spectrum_session/wlr/_system_build.py:ffibuilder")

setup(cmdclass={"build_py": BuildWithShippedFiles}, cffi_modules=cffi_modules)
