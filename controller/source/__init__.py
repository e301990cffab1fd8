"""Manifests in: a directory or a git repository, read as a whole, valid as a whole.

Here belong: reading YAML with the place of every value, what makes a set of manifests valid, noticing that the source has
changed, and remembering the last good revision. This is the one room that knows ruamel.yaml, watchfiles and git.

Never here: what should run where, or what to do about a revision that was rejected.
"""
