"""What the person said, kept: the one room that writes personal words, and only encrypted."""
