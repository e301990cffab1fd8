"""Carries messages between the controller and the agents.

Here belong: the topics and their settings, the codec, signatures, the Kafka client and the embedded broker.

Never here: what a message means to anyone.
"""
