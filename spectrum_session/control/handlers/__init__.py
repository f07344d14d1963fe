"""Carries out the commands of the control socket: one module for each area of the table."""
