"""Tells what the fleet looks like: messages of the agents folded into one picture, and the picture as API objects.

Here belong the pure fold, the documents with their status, the events between two pictures, and the reader of the bus
that feeds them.

Never here: what a node should run, or how anything is served. Nothing is shown as better or newer than it was observed.
"""
