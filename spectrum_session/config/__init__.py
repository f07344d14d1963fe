"""What the session is told: a schema, the files, errors with file and line."""
