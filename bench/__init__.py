"""Measures our compositor beside others, on this machine, in one run. `make bench`.

Nothing here is needed by the session itself. The bench has a Wayland client of its own, which
does nothing but what is measured, so that the load costs little and is the same for everybody.
"""
