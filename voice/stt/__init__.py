"""Hearing: audio blocks and the mode's word list go in, segments of text come out."""
