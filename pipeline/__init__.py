"""The reference workload: a CPU video pipeline that reads the files rendered for a DeepStream app and answers the same REST calls.

Here belongs what such a workload does with cameras: reading its files, decoding, counting frames, saying so over HTTP. What never belongs here: an import of any other package of this project.
The pipeline stands in for a program that we do not own, so it may know nothing that such a program could not know.
"""
