"""Makes one node match its generation, and reports what it observed.

Here belong the rooms of the agent; `app` alone puts them together.

Never here: choices about what should run where, or anything that needs to know of other nodes.
"""
