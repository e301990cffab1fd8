"""`fleet up`: a whole fleet on one machine, for trying things out and for tests.

Here belong: starting the parts as child processes, starting them again when they die, showing what the API says, and
leaving nothing behind. Each part is the very program that runs on real machines, started by its own command line.

Never here: anything that a part would not do without `fleet up`.
"""
