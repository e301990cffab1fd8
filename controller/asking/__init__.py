"""Agents are asked for something for a while: logs of an instance, what a node uses, how a camera did. What they answer is given to who asked.

Nothing of it is state of the fleet: it is in no picture, on no disk, and nothing is decided by it. While nobody asks there is no
lease and no subscription, and it costs nothing. Nothing here knows HTTP.
"""
