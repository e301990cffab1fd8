"""Says what was observed, and sends the newest.

Here belong: pure functions from observations to the report on topic 220, and the sender that coalesces.

Never here: decisions, and anything that was not observed.
"""
