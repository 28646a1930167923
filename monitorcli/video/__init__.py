"""Films: what takes an environment's pictures, when, and the encoders they go to.

Runs inside the user's interpreter. What it leaves behind in an environment or the process is taken back.
Knows of the writer only what is handed in.
"""
