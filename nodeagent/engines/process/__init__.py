"""Processes without a container engine, found by the variables of their environment in /proc."""
