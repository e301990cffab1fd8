"""What runs instances: `docker/` as containers, `process/` as plain processes, `fake.py` in a table, for simulations.

Here belong implementations of the port `base.Driver`, none of which knows another, and what they share: the labels by
which an instance is found again, the names of instances to which something happened, calls that block, the end of what
an instance wrote. Errors leave as Transient, Permanent or Waiting, decided by type or code.

Never here: decisions about what to do. A driver does one operation and says how it ended.
"""
