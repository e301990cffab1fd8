"""Decides what to do on this node.

Here belong pure functions: (desired, observed, history, under way, now) -> plan, and how observations make history.

Never here: doing it, clocks, logs. The plan leaves no choice to the applier.
"""
