"""What the agents said: messages from the bus, checked, and folded into the observed fleet.

Never here: what a node should run, and how anything is shown.
"""
