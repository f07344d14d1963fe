"""`python -m spectrum_session` is the program spectrum-session."""

from __future__ import annotations

import sys

from spectrum_session.cli.session import main

sys.exit(main())
