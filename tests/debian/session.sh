#!/bin/sh
# Inside a Debian root, in a copy of the project: install it as `make run` does, with nothing but what
# is there already, and run the tests without its virtual environment.
set -eu
scripts/install run
.venv/bin/spectrumctl --version
python3 -m spectrum_session --version
[ $# -gt 0 ] || set -- tests/session tests/unit/wlr tests/unit/labels tests/unit/compositor
exec python3 -m pytest "$@"
