"""What an app says of alerts of a camera, taken for no more than it is."""

from typing import Any

from crds.camera_status import MOST_ALERTS, AlertStatus
from nodeagent.apps.rest import one_line

_LONGEST = {"rule": 63, "id": 64, "seen": 200, "region": 200, "message": 500}


def alerts_of(said: object) -> tuple[AlertStatus, ...]:
    """The newest alert of each rule, in the order of the app; what is none is passed over.

    Args:
        said: what stands under `alerts` of a stream; few apps have that.
    """
    if not isinstance(said, list) or not said:
        return ()
    found: dict[str, AlertStatus] = {}
    for one in said[:MOST_ALERTS]:
        if (alert := _alert(one)) is not None:
            found[alert.rule] = alert
    return tuple(found.values())


def _alert(said: object) -> AlertStatus | None:
    if not isinstance(said, dict):
        return None
    content: dict[str, Any] = {name: said.get(name) for name in ("number", "active", "count")}
    content |= {name: one_line(said.get(name), most) for name, most in _LONGEST.items()}
    content |= {"began_at": said.get("began"), "ended_at": said.get("ended")}
    if not content["rule"] or not content["id"]:
        return None
    try:
        return AlertStatus.model_validate(content)
    except ValueError:
        return None
