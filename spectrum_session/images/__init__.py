"""Guest images, built from Debian packages and stored by a hash of their inputs."""
