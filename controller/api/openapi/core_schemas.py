"""The schemas of kinds of Kubernetes' own groups, as far as they are used here."""

from collections.abc import Mapping
from typing import Final

from controller.api.openapi.schema_words import OPEN, Schema, list_of, number, record, text, texts, time

_CONDITION: Final = record(
    "Something that is so, or is not.",
    type=text("What."),
    status=text("True, False or Unknown."),
    reason=text("The cause, for programs."),
    message=text("The same as a sentence."),
    lastTransitionTime=time("Since when."),
)
_NODE: Final = record(
    "A machine of the fleet, as Kubernetes has it: nodes.dsfleet.io has all that is known of it.",
    spec=record(
        "What can be changed of it here.",
        unschedulable={"type": "boolean", "description": "True: selectors place nothing new there."},
        taints=list_of("node.kubernetes.io/unschedulable, while it is unschedulable.", OPEN),
        providerID=text("The id of the machine, after dsfleet://."),
    ),
    status=record(
        "What was seen of it.",
        conditions=list_of("What is so of it.", _CONDITION),
        addresses=list_of("Where it is reached.", record("One.", type=text("Of what kind."), address=text("It."))),
        capacity=texts("Instances (pods), camera streams and GPUs that it can take."),
        allocatable=texts("The same."),
        nodeInfo={**OPEN, "description": "Its agent, and what runs its instances."},
        daemonEndpoints={**OPEN, "description": "Nothing that matters here."},
    ),
)
_POD: Final = record(
    "An instance, as Kubernetes has what runs: dsinstances have all that is known of it. On another node it is another pod.",
    spec=record(
        "What it says.",
        nodeName=text("The node that runs it."),
        nodeSelector=texts("Labels of the nodes that may run it."),
        containers=list_of(
            "One: app.",
            record(
                "It.",
                name=text("app."),
                image=text("Its image."),
                command=list_of("What it runs.", {"type": "string"}),
                resources={**OPEN, "description": "Limits of processors and memory."},
                imagePullPolicy=text("IfNotPresent."),
            ),
        ),
        restartPolicy=text("Always."),
        terminationGracePeriodSeconds=number("How long it has to leave."),
    ),
    status=record(
        "What was seen of it.",
        phase=text("Pending, Running or Unknown."),
        reason=text("Why it is not ready, for programs."),
        message=text("The same as a sentence."),
        startTime=time("When it was started."),
        conditions=list_of("What is so of it.", _CONDITION),
        containerStatuses=list_of("Of the one container.", {**OPEN, "description": "It."}),
        qosClass=text("BestEffort."),
    ),
)
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
    ("", "Node"): _NODE,
    ("", "Pod"): _POD,
    ("policy", "Eviction"): record(
        "A pod is to go: its instance moves to another node.",
        deleteOptions=record(
            "How it goes.",
            dryRun=list_of("All: nothing is moved, the answer says what would be.", {"type": "string"}),
            preconditions=record("It goes only while it is so.", uid=text("The id of the pod.")),
        ),
    ),
}
