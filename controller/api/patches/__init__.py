"""Patches as Kubernetes' clients send them: a document and what is to be changed of it, to the document as it is to be. Pure.

Merge patches (RFC 7386), JSON patches (RFC 6902), strategic merge patches, and server-side apply with its managed fields.

Never here: HTTP, what an object may hold, what is written where. No document that is given is changed.
"""
