"""Lines of text become samples; when they are heard is not this room's business."""
