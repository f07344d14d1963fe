"""Guest images: made from Debian packages, kept by the content of what they are made from."""
