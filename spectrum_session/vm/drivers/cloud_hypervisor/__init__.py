"""Machines in cloud-hypervisor, the monitor of Spectrum: the session's own and those of others."""
