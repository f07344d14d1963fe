"""Real guests in QEMU: `make test-vm`."""
