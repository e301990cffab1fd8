"""The routes of the coordinator that this system follows: cameras, agents and instances as rows of its tables, with its field names.

They are a view: what is read are the objects of the API, and what is written becomes an edit of the manifests, as everywhere.

Never here: anything that the resource paths could not do as well.
"""
