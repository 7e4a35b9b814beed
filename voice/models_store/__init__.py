"""Speech models: the catalogue, the shelves they lie on, and the only door to the network."""
