"""Containers of a Docker Engine. The one room that imports docker."""
