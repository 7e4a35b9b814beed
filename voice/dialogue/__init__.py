"""The core: a pure state machine. Events go in, effects come out; no threads, no clock, no I/O."""
