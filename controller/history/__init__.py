"""Earlier versions of what instances were to be, and what happened to cameras: what that is, the files that keep so much of it, who writes it.

It is written beside the loop, and decides nothing: whoever goes back to a version writes it as any other edit.
"""
