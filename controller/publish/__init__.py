"""Puts desired states on the bus: leadership, epochs, generations, the signed record.

Here belong: the numbering of generations, the record and its acknowledgement, the local copy of what was published.

Never here: what a node should run (the planner says), and what became of it (status says).
"""
