"""The API as OpenAPI documents: kubectl reads them to explain kinds, to validate manifests, and to see what may be asked of writes.

Here belong the schemas of what is served, and the two forms of documents: version 3 as JSON, version 2 as JSON and protobuf.

Never here: a rule about manifests. The schemas are those of `crds`, which are generated from the kinds.
"""
