"""Manifests in: a directory or a git repository, read as a whole, valid as a whole.

`fetch` gets files and notices that they changed, `read` makes a revision of them or says what keeps it from being one;
beside them stand the words that both use, and the copy of the last good revision.

Never here: what should run where, or what to do about a revision that was rejected.
"""
