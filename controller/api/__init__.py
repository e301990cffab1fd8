"""Serves the fleet over HTTP, in the shape of the Kubernetes resource API, so that `kubectl` and its kin can read it.

Here belong the forms of what is shown (lists, tables, watches), and the few paths of our own.

Never here: how an object or its status comes about, and any write past the manifests.
"""
