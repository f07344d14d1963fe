"""The coverage-guided fuzzer: `python -m tests.fuzz.coverage CORPUS… [libFuzzer's options]`.

Needs atheris, which the extra `fuzz` installs.
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["spectrum_session.gate"]):
    from .target import Target


def main() -> None:
    """Hand over to libFuzzer, which does not return."""
    atheris.Setup(sys.argv, Target().run)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
