"""Runs a policy itself, one episode a seed."""
