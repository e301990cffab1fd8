"""Files to a revision, with the place of every complaint. It is here, and in `deepstream`, that ruamel.yaml is known."""
