"""Answers what the controller asks for by leases, for as long as they last: lines of an instance's output, and what is used.

Here belong which leases are in force, how fast and how much is said, and what lines look like when they leave the node: masked. What
reads logs and counters is an engine's. Nothing here changes what runs, and without a lease nothing here runs.
"""
