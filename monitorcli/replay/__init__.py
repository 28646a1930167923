"""Makes episodes of a recording again from their traces, checks that they are the same, and films them.

Knows directories (`recording`) and how environments are made (`evaluate`), and so stands above both.
"""
