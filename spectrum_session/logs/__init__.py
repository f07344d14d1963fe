"""The session's log: one line per event, in a file and on standard error."""
