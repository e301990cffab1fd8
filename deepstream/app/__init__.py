"""The file that deepstream-app reads: sources, batching, inference, tracking, sinks."""
