"""The schemas of what is served, by the names that clients see them under."""

import json
from collections.abc import Iterable, Mapping
from importlib.resources import files
from typing import Final

from controller.api.openapi.apps_schemas import APPS_SCHEMAS
from controller.api.openapi.core_schemas import CORE_SCHEMAS
from controller.api.openapi.schema_words import OPEN, Schema, list_of, number, text, texts, time
from controller.api.resources import Part, Resource
from crds.document import API_GROUP

OBJECT_META: Final = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
LIST_META: Final = "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta"
STATUS: Final = "io.k8s.apimachinery.pkg.apis.meta.v1.Status"
DELETE_OPTIONS: Final = "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions"


_SCHEMAS: Final[Mapping[tuple[str, str], Schema]] = {**CORE_SCHEMAS, **APPS_SCHEMAS}
"""By group and kind, of all that is no kind of ours. Whoever shows ours in another form adds what that is like."""


def definition_name(resource: Resource | Part, suffix: str = "") -> str:
    """The name of a schema: the group from its end, the version, the kind."""
    if resource.group == API_GROUP:
        return f"io.dsfleet.v1.{resource.kind}{suffix}"
    return f"io.k8s.api.{resource.group or 'core'}.{resource.version}.{resource.kind}{suffix}"


def group_version_kind(resource: Resource | Part, suffix: str = "") -> dict[str, str]:
    """Group, version and kind, as documents name them."""
    return {"group": resource.group, "kind": f"{resource.kind}{suffix}", "version": resource.version}


def definitions(resources: Iterable[Resource], references: str) -> dict[str, Schema]:
    """The schemas of some resources, of lists of them, and of what they have in common.

    Args:
        resources: those that have objects.
        references: what stands before the name of a schema where another one refers to it.
    """
    found: dict[str, Schema] = {
        OBJECT_META: _OBJECT_META,
        LIST_META: _LIST_META,
        STATUS: _STATUS,
        DELETE_OPTIONS: _DELETE_OPTIONS,
    }
    metadata = {"$ref": references + OBJECT_META, "description": "What identifies the object, and what it is found by."}
    for resource in resources:
        kinds: list[Resource | Part] = [resource, *(one for one in resource.subresources.values() if one.kind)]
        for one in kinds:
            schema = _schema_of(one)
            found[definition_name(one)] = {
                **schema,
                "properties": {**_HEAD, **schema["properties"], "metadata": metadata},
                "x-kubernetes-group-version-kind": [group_version_kind(one)],
            }
        found[definition_name(resource, "List")] = {
            "type": "object",
            "description": f"A list of objects of kind {resource.kind}.",
            "required": ["items"],
            "properties": {
                **_HEAD,
                "metadata": {"$ref": references + LIST_META, "description": "Of the list."},
                "items": {
                    "type": "array",
                    "description": "The objects.",
                    "items": {"$ref": references + definition_name(resource)},
                },
            },
            "x-kubernetes-group-version-kind": [group_version_kind(resource, "List")],
        }
    return found


def _schema_of(resource: Resource | Part) -> Schema:
    if isinstance(resource, Part) or (resource.group, resource.kind) in _SCHEMAS:
        return _SCHEMAS[resource.group, resource.kind]
    # JSON is YAML: the definition is written as such.
    text = (files("crds") / "schemas" / f"{resource.singular}.crd.yaml").read_text(encoding="utf-8")
    schema: Schema = json.loads(text)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    status = {**OPEN, "description": "What was seen of it. The controller alone writes it."}
    return {**schema, "properties": {**schema["properties"], "status": status}}


_HEAD: Final[Mapping[str, Schema]] = {
    "apiVersion": text("Group and version of the form of this document."),
    "kind": text("What the document is of."),
}

# https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta: what clients may send along is known
# here, so that none is told of unknown fields. The fleet keeps name, labels and annotations of it.
_OBJECT_META: Final[Schema] = {
    "type": "object",
    "description": "What identifies an object, and what its owner wants to find it by.",
    "properties": {
        "name": text("Name of the object, unique within its kind."),
        "generateName": text("The beginning of a name. Not used here."),
        "namespace": text("The namespace of an event. Objects of the fleet have none."),
        "labels": texts("Labels that selectors match."),
        "annotations": texts("Notes that no program selects by."),
        "uid": text("Id of the object. The controller gives it."),
        "resourceVersion": text("Version of the object. The controller gives it."),
        "generation": number("How often the spec became another. The controller counts it."),
        "creationTimestamp": time("When the object was seen first."),
        "deletionTimestamp": time("Not used here."),
        "deletionGracePeriodSeconds": number("Not used here."),
        "selfLink": text("Not used here."),
        "finalizers": list_of("Not used here.", {"type": "string"}),
        "ownerReferences": list_of("Not used here.", OPEN),
        "managedFields": list_of("Which client wrote which field, for server-side apply.", OPEN),
    },
}
_LIST_META: Final[Schema] = {
    "type": "object",
    "description": "What belongs to a list as a whole.",
    "properties": {
        "resourceVersion": text("Version of the list: a watch goes on from there."),
        "continue": text("Always empty: lists are whole."),
        "remainingItemCount": number("Never given: lists are whole."),
        "selfLink": text("Not used here."),
    },
}
_STATUS: Final[Schema] = {
    "type": "object",
    "description": "What became of a request that gives no object.",
    "properties": {
        **_HEAD,
        "metadata": OPEN,
        "status": text("Success or Failure."),
        "message": text("The same as a sentence."),
        "reason": text("The cause, for programs."),
        "details": {**OPEN, "description": "What it was about."},
        "code": {"type": "integer", "format": "int32", "description": "The code of the answer."},
    },
}
_DELETE_OPTIONS: Final[Schema] = {
    "type": "object",
    "description": "How an object goes.",
    "properties": {
        **_HEAD,
        "preconditions": {
            "type": "object",
            "description": "It goes only while it is so.",
            "properties": {"uid": text("Its id."), "resourceVersion": text("Its version.")},
        },
        "dryRun": list_of(
            "All: nothing is written, the answer says what would be.", {"type": "string", "enum": ["All"]}
        ),
        "gracePeriodSeconds": number("Not used here."),
        "orphanDependents": {"type": "boolean", "description": "Not used here."},
        "propagationPolicy": text("Not used here: nothing depends on an object."),
    },
}
