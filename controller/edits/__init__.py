"""Manifests that are wanted, into the YAML files that hold them: texts in, texts out.

Here belongs what finds the smallest piece of a text that must become another one, writes values in the style of what
stands around them, and says where a new object goes. What an edit does not touch stays, to the last byte: comments,
order, anchors, quotes, indentation, line ends. Each result is read again before it is given out.

Never here: disks and git, whether an edit is wise or allowed, how an object came to be wanted.
"""
