"""The HTTP service in front of the workers: it takes pictures, hands them out as tasks and keeps the answers.

What never belongs here: detection.
"""
