"""What a server of ours needs to serve a page to browsers: its files, the cookie of a login, and what pages of others may not do.

Pure: bytes and headers in, bytes and headers out. What never belongs here: a framework of HTTP, and anything that a page is about.
"""
