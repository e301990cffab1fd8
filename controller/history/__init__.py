"""Earlier versions of what instances were to be: what a version is, the file that keeps the last ten of each, and who writes it.

It is written beside the loop, and decides nothing: whoever goes back to a version writes it as any other edit.
"""
