"""The colours of the lines of a plan, by the sign that they begin with."""

PLAN_COLOURS = {"+": "green", "=": "cyan", "~": "yellow", ">": "yellow", "-": "red", "!": "magenta"}
