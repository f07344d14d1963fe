"""What pyproject.toml cannot say: modules that cffi generates, files from beside the package."""

from __future__ import annotations

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
    """Copies the shipped configuration and the protocols into the package."""

    def run(self) -> None:
        super().run()
        if getattr(self, "editable_mode", False):
            return
        for source, target in SHIPPED.items():
            shutil.copytree(source, Path(self.build_lib, target), dirs_exist_ok=True)


setup(
    cmdclass={"build_py": BuildWithShippedFiles},
    cffi_modules=[
        "spectrum_session/labels/_pango_build.py:ffibuilder",
        "spectrum_session/wlr/_wheel_build.py:ffibuilder",
    ],
)
