"""The schemas of other forms of our instances, as far as they are used here."""

from collections.abc import Mapping
from typing import Final

from controller.api.openapi.schema_words import OPEN, Schema, list_of, number, record, text, texts, time

_SELECTOR: Final = record("Finds what stands for it while it runs.", matchLabels=texts("Labels that it has."))
_TEMPLATE: Final = record(
    "What runs.",
    metadata=record(
        "Of what runs.",
        labels=texts("By which selectors find it."),
        annotations=texts("Which version it is, and when a restart was asked for."),
        creationTimestamp=time("Not used here."),
    ),
    spec=record(
        "Where and what.",
        nodeName=text("The node that it names."),
        nodeSelector=texts("Labels of the nodes that may run it."),
        containers=list_of(
            "Its container.",
            record(
                "A container.",
                name=text("Always app."),
                image=text("Its image."),
                command=list_of("What is started.", {"type": "string"}),
                env=list_of("Variables.", record("A variable.", name=text("Its name."), value=text("Its value."))),
                resources={**OPEN, "description": "What it may use."},
            ),
        ),
    ),
)
_CONDITIONS: Final = list_of("How it is.", OPEN)

APPS_SCHEMAS: Final[Mapping[tuple[str, str], Schema]] = {
    ("apps", "Deployment"): record(
        "An instance of the fleet as a Deployment: what it says otherwise becomes an edit of the manifest.",
        spec=record(
            "What is wanted.",
            replicas=number("How often it is to run: 0 or 1."),
            selector=_SELECTOR,
            template=_TEMPLATE,
            strategy={**OPEN, "description": "Always Recreate."},
            paused={"type": "boolean", "description": "Is refused: see fleet hold."},
            revisionHistoryLimit=number("How many versions are remembered."),
        ),
        status=record(
            "What is there.",
            observedGeneration=number("The generation that this is about."),
            replicas=number("How often it is on a node."),
            updatedReplicas=number("How often it is as it was published last."),
            readyReplicas=number("How often it runs with frames of all cameras."),
            availableReplicas=number("How often it runs as it was published last."),
            unavailableReplicas=number("How often it is missing."),
            conditions=_CONDITIONS,
        ),
    ),
    ("apps", "ReplicaSet"): record(
        "A version of an instance of the fleet.",
        spec=record(
            "What is wanted.",
            replicas=number("How often it is to run: 0 for all but the version in force."),
            selector=_SELECTOR,
            template=_TEMPLATE,
        ),
        status=record(
            "What is there.",
            observedGeneration=number("Always 1."),
            replicas=number("How often it is on a node."),
            readyReplicas=number("How often it runs."),
            availableReplicas=number("How often it runs."),
        ),
    ),
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
