"""Our nodes and instances as Kubernetes' own kinds: Node and Pod of `v1`, and what they use of `metrics.k8s.io/v1beta1`.

Here belong these forms of them, pure, and their paths: logs, evictions, usage, and the few changes of a Node that are changes of
ours. Never a state of its own: all of it is made from the objects, from what agents are asked, and of our own writes.
"""
