"""The session's own log: one line an event, in one file, and on standard error."""
