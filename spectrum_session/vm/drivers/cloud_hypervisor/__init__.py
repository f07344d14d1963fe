"""Machines in cloud-hypervisor, Spectrum's monitor: the session's own and the host's."""
