"""Hostile and honest streams for the gate, made by the million. `make fuzz`."""
