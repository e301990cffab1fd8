"""The schemas of what is served, by the names that clients see them under."""

import json
from collections.abc import Iterable, Mapping
from importlib.resources import files
from typing import Any, Final

from controller.api.resources import EVENTS, NAMESPACES, Resource
from crds.document import API_GROUP

Schema = Mapping[str, Any]

OBJECT_META: Final = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
LIST_META: Final = "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta"
STATUS: Final = "io.k8s.apimachinery.pkg.apis.meta.v1.Status"
DELETE_OPTIONS: Final = "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions"
_OPEN: Final[Schema] = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


def definition_name(resource: Resource, suffix: str = "") -> str:
    """The name of a schema: the group from its end, the version, the kind."""
    if resource.group == API_GROUP:
        return f"io.dsfleet.v1.{resource.kind}{suffix}"
    return f"io.k8s.api.core.v1.{resource.kind}{suffix}"


def group_version_kind(resource: Resource, suffix: str = "") -> dict[str, str]:
    """Group, version and kind, as documents name them."""
    return {"group": resource.group, "kind": f"{resource.kind}{suffix}", "version": "v1"}


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
        schema = _schema_of(resource)
        found[definition_name(resource)] = {
            **schema,
            "properties": {**_HEAD, **schema["properties"], "metadata": metadata},
            "x-kubernetes-group-version-kind": [group_version_kind(resource)],
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


def _schema_of(resource: Resource) -> Schema:
    if resource.kind in _CORE:
        return _CORE[resource.kind]
    # JSON is YAML: the definition is written as such.
    text = (files("crds") / "schemas" / f"{resource.singular}.crd.yaml").read_text(encoding="utf-8")
    schema: Schema = json.loads(text)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    status = {**_OPEN, "description": "What was seen of it. The controller alone writes it."}
    return {**schema, "properties": {**schema["properties"], "status": status}}


def _text(description: str) -> Schema:
    return {"type": "string", "description": description}


def _number(description: str) -> Schema:
    return {"type": "integer", "format": "int64", "description": description}


def _time(description: str) -> Schema:
    return {"type": "string", "format": "date-time", "description": description}


def _texts(description: str) -> Schema:
    return {"type": "object", "description": description, "additionalProperties": {"type": "string"}}


def _list(description: str, items: Schema) -> Schema:
    return {"type": "array", "description": description, "items": items}


_HEAD: Final[Mapping[str, Schema]] = {
    "apiVersion": _text("Group and version of the form of this document."),
    "kind": _text("What the document is of."),
}

# https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta: what clients may send along is known
# here, so that none is told of unknown fields. The fleet keeps name, labels and annotations of it.
_OBJECT_META: Final[Schema] = {
    "type": "object",
    "description": "What identifies an object, and what its owner wants to find it by.",
    "properties": {
        "name": _text("Name of the object, unique within its kind."),
        "generateName": _text("The beginning of a name. Not used here."),
        "namespace": _text("The namespace of an event. Objects of the fleet have none."),
        "labels": _texts("Labels that selectors match."),
        "annotations": _texts("Notes that no program selects by."),
        "uid": _text("Id of the object. The controller gives it."),
        "resourceVersion": _text("Version of the object. The controller gives it."),
        "generation": _number("How often the spec became another. The controller counts it."),
        "creationTimestamp": _time("When the object was seen first."),
        "deletionTimestamp": _time("Not used here."),
        "deletionGracePeriodSeconds": _number("Not used here."),
        "selfLink": _text("Not used here."),
        "finalizers": _list("Not used here.", {"type": "string"}),
        "ownerReferences": _list("Not used here.", _OPEN),
        "managedFields": _list("Which client wrote which field, for server-side apply.", _OPEN),
    },
}
_LIST_META: Final[Schema] = {
    "type": "object",
    "description": "What belongs to a list as a whole.",
    "properties": {
        "resourceVersion": _text("Version of the list: a watch goes on from there."),
        "continue": _text("Always empty: lists are whole."),
        "remainingItemCount": _number("Never given: lists are whole."),
        "selfLink": _text("Not used here."),
    },
}
_STATUS: Final[Schema] = {
    "type": "object",
    "description": "What became of a request that gives no object.",
    "properties": {
        **_HEAD,
        "metadata": _OPEN,
        "status": _text("Success or Failure."),
        "message": _text("The same as a sentence."),
        "reason": _text("The cause, for programs."),
        "details": {**_OPEN, "description": "What it was about."},
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
            "properties": {"uid": _text("Its id."), "resourceVersion": _text("Its version.")},
        },
        "dryRun": _list("All: nothing is written, the answer says what would be.", {"type": "string", "enum": ["All"]}),
        "gracePeriodSeconds": _number("Not used here."),
        "orphanDependents": {"type": "boolean", "description": "Not used here."},
        "propagationPolicy": _text("Not used here: nothing depends on an object."),
    },
}
_CORE: Final[Mapping[str, Schema]] = {
    EVENTS.kind: {
        "type": "object",
        "description": "Something that happened to an object of the fleet.",
        "properties": {
            "involvedObject": {
                "type": "object",
                "description": "The object that it happened to.",
                "properties": {
                    "apiVersion": _text("Its group and version."),
                    "kind": _text("Its kind."),
                    "name": _text("Its name."),
                    "namespace": _text("Its namespace; objects of the fleet have none."),
                    "uid": _text("Its id."),
                },
            },
            "type": _text("Normal or Warning."),
            "reason": _text("What happened, in a word."),
            "message": _text("What happened."),
            "source": {
                "type": "object",
                "description": "Who says so.",
                "properties": {"component": _text("The program."), "host": _text("Its machine.")},
            },
            "firstTimestamp": _time("When it happened first."),
            "lastTimestamp": _time("When it happened last."),
            "count": _number("How often it happened."),
        },
    },
    NAMESPACES.kind: {
        "type": "object",
        "description": "Where events belong to. There is one, default.",
        "properties": {
            "spec": {**_OPEN, "description": "Nothing that matters here."},
            "status": {
                "type": "object",
                "description": "How it is.",
                "properties": {"phase": _text("Always Active.")},
            },
        },
    },
}
