"""What the API shows: manifests with their status, and events, made from the plan and the observed fleet.

Here belong the documents, what is news between two looks, and the store that holds both for whoever serves them.

Never here: what a node should run, or HTTP. Nothing is shown as better or newer than it was observed.
"""
