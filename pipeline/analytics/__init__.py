"""PURE. From boxes to numbers: objects followed from frame to frame, lines that they cross, regions that they are in.

The rules are those of DeepStream's nvdsanalytics. What never belongs here: a clock, a thread, a picture.
"""
