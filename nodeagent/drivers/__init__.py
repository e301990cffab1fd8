"""What touches the node: container engines, processes, files, the REST interfaces of the apps.

Here belong implementations of `base.Driver` and the folders of instances. Errors leave as Transient, Permanent or
Waiting, decided by type or code.

Never here: decisions about what to do. A driver does one operation and says how it ended.
"""
