"""Gets the recorder into a script that was not written for it."""
