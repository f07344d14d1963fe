"""Networks of machines: links between them, and the one way out to the host's network."""
