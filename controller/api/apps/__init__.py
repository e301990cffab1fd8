"""Our instances as clients of Kubernetes know what runs: a Scale, a Deployment, its ReplicaSets.

Here belong these forms of them, pure, what a changed form asks of the instance, and the paths. Never a state of its own: all of
it is made from the instance, and from what is remembered of its versions.
"""
