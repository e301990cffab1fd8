"""The HTTP port on the loopback interface: the calls of DeepStream's REST server, metrics for Prometheus, pictures.

What never belongs here: the streams themselves; they are reached through the protocol in ``control``.
"""
