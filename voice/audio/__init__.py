"""Sound, and only sound: files, the sound card, the mixer, soft tones, and when someone speaks."""
