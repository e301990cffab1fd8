"""Decides what every node shall run.

Here belong pure functions: (revision, observed fleet, previous generations, now) -> desired states, reasons, changes;
the guard against mass removals; and the plan as text.

Never here: publishing, clocks, logs. Every choice that an agent would otherwise have to make is made here.
"""
