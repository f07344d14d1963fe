"""`spectrum-session --check-config`: checks the configuration."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from .errors import ConfigErrors
from .load import load_with_files
from .spectrum import troubles

EXIT_VALID = 0
EXIT_ERRORS = 2


def check(directory: Path | None = None, environ: Mapping[str, str] = os.environ) -> int:
    """Print the files that were read to stdout, or all errors to stderr, one per line.

    Answers the exit code: 0 when the configuration is valid, 2 when it is not. What is wrong with
    a VM of Spectrum's alone goes to stderr too, and is no error of the configuration.
    """
    try:
        config, files = load_with_files(directory, environ)
    except ConfigErrors as errors:
        print(errors, file=sys.stderr)
        return EXIT_ERRORS
    for line in troubles(config):
        print(line, file=sys.stderr)
    print("configuration is valid: files read " + ", ".join(str(file) for file in files))
    return EXIT_VALID
