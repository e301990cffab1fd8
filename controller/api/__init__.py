"""Serves the fleet over HTTP, in the shape of the Kubernetes resource API, so that `kubectl` and its kin can read it.

Here belong the store of the objects that are shown, their forms (lists, tables, watches), and the few paths of our own.

Never here: how an object's status comes about, and any write past the manifests.
"""
