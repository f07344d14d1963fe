# The commands of the project. Each installs what it needs and is missing (scripts/install).

SOURCES := $(wildcard spectrum_session tests bench setup.py)

# Which Debian `make test-root` runs in.
SUITE ?= trixie

.PHONY: help run demo test check unit session test-vm test-root test-login fuzz bench clean

help:
	@echo "make run [ARGS=…]   start the session; ARGS goes to spectrum-session"
	@echo "make demo           start three labelled VMs headless and write build/demo.png"
	@echo "make test           check, the session tests, guests, logins, and all of it on Debian 13"
	@echo "make check          what is fast: ruff, mypy and the unit tests"
	@echo "make test-vm        boot real guests and look at their windows"
	@echo "make test-root      the tests and the Debian package in a root of Debian 13 [SUITE=unstable]"
	@echo "make test-login     log in to it in a guest of Debian 13, in four ways (as root)"
	@echo "make fuzz           throw millions of hostile requests at gates and a session [ARGS=…]"
	@echo "make bench          measure it beside other compositors"
	@echo "make clean          remove all that was made here"

run:
	@scripts/install run
	@exec .venv/bin/spectrum-session $(ARGS)

demo:
	@scripts/install run
	@exec scripts/demo

test: check session test-vm test-login test-root

check:
	@scripts/install test
	.venv/bin/ruff check $(SOURCES)
	.venv/bin/mypy $(SOURCES)
	$(MAKE) --no-print-directory unit

unit:
	@scripts/install test
	.venv/bin/python -m pytest tests/unit

session: check
	.venv/bin/python -m pytest tests/session

test-vm:
	@scripts/install test
	.venv/bin/python -m pytest tests/guests

test-root:
	@scripts/install test
	scripts/test-root $(SUITE)

test-login:
	@scripts/install test
	scripts/test-login

fuzz:
	@scripts/install fuzz
	.venv/bin/python -m tests.fuzz $(ARGS)

bench:
	@scripts/install bench
	.venv/bin/python -m bench $(ARGS)

clean:
	rm -rf .venv build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	rm -f spectrum_session/labels/_pango.py spectrum_session/wlr/_wheel.py
	rm -f spectrum_session/native/_native.*.so
	rm -rf spectrum_session/_protocol
	find spectrum_session tests -name __pycache__ -type d -prune -exec rm -rf {} +
