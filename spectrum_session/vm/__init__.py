"""VMs: their life cycle, the drivers that run them, and the one place that knows them all."""
