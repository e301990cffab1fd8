"""Who may do what: roles, tokens, certificates, and the decision. Pure: whole values in, whole values out.

Here belong what a role may do, how a credential becomes an identity, the form of the access file and of an audit line,
and how many requests a client may make.

Never here: HTTP, files, sockets.
"""
