"""Practices: files that describe them, and the player that puts their cues on the time line."""
