"""The graphical session of a Spectrum host: a compositor that labels every window with its VM."""

__version__ = "0.1.0"
