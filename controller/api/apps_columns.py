"""What tables show of other forms of instances: the columns that Kubernetes has."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from controller.api.columns import AGE, NAME, Cell, Column, printable, value_at


def _count(*path: str) -> Cell:
    def cell(document: Mapping[str, Any], _now: datetime) -> str:
        return str(value_at(document, *path) or 0)

    return cell


def _ready(document: Mapping[str, Any], _now: datetime) -> str:
    return f"{value_at(document, 'status', 'readyReplicas') or 0}/{value_at(document, 'spec', 'replicas')}"


def _containers(field: str) -> Cell:
    def cell(document: Mapping[str, Any], _now: datetime) -> str:
        containers = value_at(document, "spec", "template", "spec", "containers") or ()
        return printable(",".join(one[field] for one in containers), "<none>")

    return cell


def _selector(document: Mapping[str, Any], _now: datetime) -> str:
    labels = value_at(document, "spec", "selector", "matchLabels") or {}
    return printable(",".join(f"{name}={value}" for name, value in sorted(labels.items())), "<none>")


_WIDE: Final = (
    Column("Containers", "Its container.", _containers("name"), 1),
    Column("Images", "The image of that.", _containers("image"), 1),
    Column("Selector", "Finds what stands for it while it runs.", _selector, 1),
)
DEPLOYMENT_COLUMNS: Final = (
    NAME,
    Column("Ready", "How often it runs with frames of all cameras, of how often it is wanted.", _ready),
    Column("Up-to-date", "How often it is as it was published last.", _count("status", "updatedReplicas")),
    Column("Available", "How often it runs so.", _count("status", "availableReplicas")),
    AGE,
    *_WIDE,
)
REPLICA_SET_COLUMNS: Final = (
    NAME,
    Column("Desired", "How often it is to run.", _count("spec", "replicas"), type="integer"),
    Column("Current", "How often it does.", _count("status", "replicas"), type="integer"),
    Column("Ready", "How often it runs.", _count("status", "readyReplicas"), type="integer"),
    AGE,
    *_WIDE,
)
