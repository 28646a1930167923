"""Films: when and how to render an environment, and the encoders that take the frames.

Runs inside the user's interpreter. Changes to an environment or to the process are undone after
rendering. Does not import the writer: what films need of it is passed in.
"""
