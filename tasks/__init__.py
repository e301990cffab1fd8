"""Detection tasks: pictures that come one by one over HTTP and Kafka, instead of from a camera.

Here belong the form of their messages, `worker`, which answers them, and `service`, which takes pictures and keeps answers.

Never here: how anything is detected; that is what `pipeline` is for.
"""
