"""The folders of instances on the disk of the node, and the secrets that their files are filled with.

Here belong: writing, comparing and removing those folders, the note about what was applied, reading secrets.

Never here: what a file should hold (the generation says), and whether an instance restarts for it (the differ says).
"""
