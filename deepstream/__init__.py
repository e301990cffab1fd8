"""DeepStream's own file formats: text in, text out.

Here belong: typed models of the files that DeepStream and the apps built on it read, and their rendering.

Never here: our kinds, nodes, containers, topics. This room could be a library of its own.
"""
