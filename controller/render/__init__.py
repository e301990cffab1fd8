"""Turns a resolved instance and its cameras into the files that its container needs.

Here belong pure functions from manifests to `InstanceConfig`.

Never here: choices of node or port (the planner makes them), and the formats of the files (`deepstream` has them).
"""
