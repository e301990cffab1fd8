"""Processes without a container engine, found by the variables of their environment in /proc.

`driver.py` does the operations; `table.py` reads /proc; `runs.py` knows which processes are ours, also those that have
left; `start.py` starts one, never a second; `exits.py` hears when one leaves; `output.py` keeps its log small.
"""
