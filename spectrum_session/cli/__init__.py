"""The two programs: what they take on the command line and what they print."""
