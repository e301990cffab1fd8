"""Cameras: opening, decoding and counting them, each in a thread of its own, and what their frames say of their state.

What never belongs here: looking at what the pictures show.
"""
