"""Where the controller is looked for when nobody says where; apart from the client, which parts of the fleet do not load."""

DEFAULT_SERVER = "http://127.0.0.1:8420"
