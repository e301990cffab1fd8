"""What runs instances: Docker, processes, and a fake for tests and simulations.

Here belong implementations of `base.Driver`. Errors leave as Transient, Permanent or Waiting, decided by type or code.

Never here: decisions about what to do. A driver does one operation and says how it ended.
"""
