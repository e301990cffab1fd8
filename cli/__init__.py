"""The `fleet` command: what a person types.

Here belong: commands that ask the API of a controller, commands that check manifests offline, and the command that runs
a whole fleet on one machine. Modules stay light to import: heavy ones are imported where they are used.

Never here: decisions about the fleet, which the planner makes, and the agent's work on a node.
"""
