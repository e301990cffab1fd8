"""All that is served, as a table: whoever adds resources adds a row, and discovery, permissions and reviews know them."""

from collections.abc import Mapping
from typing import Final

from controller.api.apps_resources import APPS_RESOURCES
from controller.api.core_resources import BUDGETS, METRICS, METRICS_GROUP, NODES, PODS, POLICY_GROUP
from controller.api.resources import CORE_RESOURCES, FLEET_RESOURCES, REVIEWS, Resource
from crds.document import API_GROUP

SERVED: Final[Mapping[str, tuple[Resource, ...]]] = {
    "": (*CORE_RESOURCES, NODES, PODS),
    API_GROUP: tuple(FLEET_RESOURCES.values()),
    "apps": APPS_RESOURCES,
    METRICS_GROUP: METRICS,
    POLICY_GROUP: (BUDGETS,),
    **REVIEWS,
}
"""The resources of each group, which are all of one version."""

DOCUMENTED: Final = ("", API_GROUP, "apps")
"""The groups that have documents of OpenAPI: their kinds have schemas in `openapi.definitions`."""

_PLACES: Final = {(one.path, one.plural): one for some in SERVED.values() for one in some}


def facade_at(path: str) -> tuple[Resource, list[str]] | None:
    """The resource that a path leads to, if that shows a kind of ours in another form, and what follows: a name, a part."""
    match path.removesuffix("/").split("/")[1:]:
        case ["api", version, *rest]:
            place = f"/api/{version}"
        case ["apis", group, version, *rest]:
            place = f"/apis/{group}/{version}"
        case _:
            return None
    match rest:
        case ["namespaces", _, plural, *more] | [plural, *more]:
            found = _PLACES.get((place, plural))
            return (found, more) if found is not None and found.stands_for else None
    return None
