"""The schemas of kinds of Kubernetes' own groups, as far as they are used here."""

from collections.abc import Mapping
from typing import Final

from controller.api.openapi.schema_words import OPEN, Schema, number, text, time

CORE_SCHEMAS: Final[Mapping[tuple[str, str], Schema]] = {
    ("", "Event"): {
        "type": "object",
        "description": "Something that happened to an object of the fleet.",
        "properties": {
            "involvedObject": {
                "type": "object",
                "description": "The object that it happened to.",
                "properties": {
                    "apiVersion": text("Its group and version."),
                    "kind": text("Its kind."),
                    "name": text("Its name."),
                    "namespace": text("Its namespace; objects of the fleet have none."),
                    "uid": text("Its id."),
                },
            },
            "type": text("Normal or Warning."),
            "reason": text("What happened, in a word."),
            "message": text("What happened."),
            "source": {
                "type": "object",
                "description": "Who says so.",
                "properties": {"component": text("The program."), "host": text("Its machine.")},
            },
            "firstTimestamp": time("When it happened first."),
            "lastTimestamp": time("When it happened last."),
            "count": number("How often it happened."),
        },
    },
    ("", "Namespace"): {
        "type": "object",
        "description": "Where events belong to. There is one, default.",
        "properties": {
            "spec": {**OPEN, "description": "Nothing that matters here."},
            "status": {
                "type": "object",
                "description": "How it is.",
                "properties": {"phase": text("Always Active.")},
            },
        },
    },
}
