"""Interlude: an offline, hands-free voice companion for the time between therapy sessions."""

__version__ = "0.1.0"
