"""The core: records episodes into a directory. Runs inside the user's interpreter."""
