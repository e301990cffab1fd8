"""The schemas of other forms of our instances, as far as they are used here."""

from collections.abc import Mapping
from typing import Final

from controller.api.openapi.schema_words import Schema, number, record, text

APPS_SCHEMAS: Final[Mapping[tuple[str, str], Schema]] = {
    ("autoscaling", "Scale"): record(
        "How often something is to run, and does.",
        spec=record("What is wanted.", replicas=number("How often it is to run: 0 or 1.")),
        status=record(
            "What is there.",
            replicas=number("How often it is on a node."),
            selector=text("Finds what stands for it while it runs."),
        ),
    ),
}
