"""From frames to boxes: the detectors, and the slots in which the newest frame of each camera waits for them.

What never belongs here: who a box is from one frame to the next; that is what ``analytics`` is for.
"""
