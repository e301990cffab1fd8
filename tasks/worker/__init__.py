"""Answers tasks from Kafka. Who asked, and what becomes of the answer, is for `service`."""
