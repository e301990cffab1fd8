"""What is told to Kafka: the payloads, pure, and the producer that never holds up a camera.

What never belongs here: deciding what has happened.
"""
