"""Accepts, persists and recalls generations.

Here belong: the rule by which a record is accepted, and the file that holds the newest accepted one.

Never here: acting on a generation. It is on disk before anybody acts (invariant S1).
"""
