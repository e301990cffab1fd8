"""Decides for the fleet: manifests in, signed generations out, status folded back.

Here belong the rooms of the controller; `app` alone puts them together.

Never here: anything that runs on a node, or that the agents need.
"""
