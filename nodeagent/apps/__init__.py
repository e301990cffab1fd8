"""The apps inside the instances, as their REST interface shows them.

Here belongs what DeepStream's REST dialects need: asking how cameras do now; streams that come and go next.

Never here: what an answer means for the status (the reporter says) or for what is done (the differ says).
"""
