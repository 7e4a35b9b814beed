"""Drivers: each supplies the ticks and the ears, and performs what the core asks for."""
