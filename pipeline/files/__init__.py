"""What the pipeline is told: the files of the DeepStream apps that it stands in for, and ``pipeline.json``, its own.

Here belongs reading and checking, into frozen data. What never belongs here: using any of it.
"""
