"""What an episode was for: the words that `Monitor` and the command line take, and the letters on disk."""

TRAINING, EVALUATION = b"t", b"e"

MODES = {"training": TRAINING, "evaluation": EVALUATION}
WORDS = {code: word for word, code in MODES.items()}

# As read: an ancestor may not have written it.
READ = {**MODES, "unknown": b""}
