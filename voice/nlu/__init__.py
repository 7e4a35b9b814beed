"""Understanding: from an utterance's text and the mode to an intent, its slots and a decision."""
