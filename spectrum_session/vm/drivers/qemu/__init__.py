"""The `qemu` driver: real machines in QEMU."""
