"""Events told to endpoints of others, by HTTP: which are due, what is said of them, and who says it again until it is heard.

Here belong the file that names the endpoints, the backlog of each (bounded and folded), the forms of messages, and one sender.

Never here: what is worth an event (`controller.picture.events`). No endpoint slows the controller down, however it answers.
"""
