"""Frames that alerts began with, kept on the disk within bounds.

What an alert is, and who is told of it, belongs elsewhere.
"""
