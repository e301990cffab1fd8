"""Detection tasks: pictures that come over Kafka one by one, instead of from a camera.

Here belong the form of their messages and the worker that answers them. What never belongs here: who asked, and what
becomes of the answer; that is what ``task_service`` is for.
"""
