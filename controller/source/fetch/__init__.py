"""Files from a directory or a git repository, as one consistent set. The one room that knows watchfiles and git."""
