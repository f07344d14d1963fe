"""Logging in to the session on a machine of its own: a Debian guest with screen and keyboard."""
