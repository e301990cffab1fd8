"""The folders of instances, and the secrets that their files are filled with.

`base.py` is the port. `disk.py` has them on the disk of the node (`folder_tree.py`: a folder that holds exactly what it
should, however it was left or tampered with; `secret_files.py`: the secrets), `memory.py` in tables. `content.py`, which
is pure, says for both what a folder should hold.

Never here: what a file should hold before its secrets are filled in (the generation says), and whether an instance
restarts for it (the differ says).
"""
