"""The page that browsers show: its files, logins by cookie, and the compact forms in which it is told of the fleet.

It is a client of the API as any other and may nothing that others may not. What it is told of objects is made of what the
store shows, and only while somebody looks.
"""
