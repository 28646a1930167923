"""What is on disk, for writers and readers alike: names, codes and their words, and the files themselves.

Runs inside the user's interpreter: the standard library and NumPy only, for old Pythons too.
A fact of the format stands here once; docs/format.md tells the same story.
"""
