"""Containers of a Docker Engine. The one room that imports docker.

`driver.py` does the operations; `engine.py` is the connection, its images and its errors in our words; `container.py`,
pure, makes of an instance what the engine is asked for; `states.py` remembers what the engine said of a container, for
as long as `events.py` hears of every change; `needs.py` says what a machine lacks when the engine has refused.
"""
