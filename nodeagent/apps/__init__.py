"""The apps inside the instances, as their REST interface shows them.

`rest.py` asks one thing and takes the answer apart; beside it stands a module for each thing that is asked: `probe.py`,
how cameras do, and `pictures.py`, what they show; their inventory, and streams that come and go, next.

Never here: what an answer means for the status (the reporter says) or for what is done (the differ says).
"""
