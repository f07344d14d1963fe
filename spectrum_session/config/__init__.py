"""Configuration: the schema, the files, errors with file and line."""
