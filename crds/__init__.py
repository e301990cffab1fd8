"""The words that both sides of the fleet speak.

Here belong: the kinds that users write (Camera, DsInstance, Node), the messages on the topics, the digest over
resolved objects, conditions and label selectors. All of it is frozen data with its constraints; JSON Schemas and CRD
YAML are generated from it.

Never here: reading or writing anything, clocks, decisions about what should run where.
"""
