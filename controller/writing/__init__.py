"""Writes that edit manifests: what is asked of an object becomes an edit of the files of the source, planned before it is made.

Here belongs what a write is refused for, what clients keep beside the manifests, and the one who writes, one write at a time.

Never here: HTTP and the forms of patches (`controller.api`), texts of YAML (`controller.edits`), disks and git
(`controller.source.fetch`). Nothing is changed past the manifests.
"""
