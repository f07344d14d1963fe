"""VMs: their life cycle, their drivers and processes, and the manager that keeps them."""
