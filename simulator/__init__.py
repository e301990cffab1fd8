"""Simulated cameras: an RTSP server, the clips that it shows, and the truth about what happens in them.

What never belongs here: anything that `pipeline` itself needs.
"""
