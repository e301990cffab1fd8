"""The messages of detection tasks, as bytes: an id and a picture go out, the same id and JSON come back.

The value of a task is the task's id as a big-endian number of ``id_bytes`` bytes, followed by the picture's bytes as they were
uploaded. The value of a result is the id in the same form, followed by JSON in UTF-8: a list, or ``{"error": "..."}`` for a
picture that cannot be answered.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final

# Eight bytes hold every id that a database gives.
USUAL_ID_BYTES: Final = 8

# An error is for a person to read; what a library says about a broken picture can be longer than anybody wants.
MAX_ERROR_CHARACTERS: Final = 500

MODEL_HEADER: Final = "model"
"""Header of a result's message: the name of the model that made it, in UTF-8. The value stays what it was before there was one."""

MODEL_DIGEST_HEADER: Final = "model-digest"
"""Header of a result's message: what tells that model from others of its name, such as ``sha256:...`` of its file."""

MOST_NAME_CHARACTERS: Final = 200
"""Of a model's name, of a worker's and of its host's."""

MOST_DIGEST_CHARACTERS: Final = 100
"""Of a model's digest."""

MOST_CLASS_NAME_CHARACTERS: Final = 60
"""Of a class's name in a result: a thousand of them, all of them escaped, fit into a message of Kafka's own limit, 1 MB."""

_HEADERS: Final = {MODEL_HEADER: MOST_NAME_CHARACTERS, MODEL_DIGEST_HEADER: MOST_DIGEST_CHARACTERS}

# Far below the rounding of a coordinate to pixels, in any picture that is accepted.
_DECIMALS: Final = 6

_LARGEST_CLASS_ID: Final = 2**31 - 1

# Boxes may stick out of the picture by rounding, or by their rotation; what is farther off is no box of this picture.
_FARTHEST: Final = 10.0


class TaskKind(StrEnum):
    """What is asked of a picture."""

    DETECTION = "detection"
    CLASSIFICATION = "classification"


class WireError(ValueError):
    """A message that is not what its topic holds; the text is one line that says why."""


@dataclass(frozen=True)
class KindTopics:
    """Where the messages of one kind of task travel.

    Attributes:
        tasks: Name of the topic of the tasks.
        results: Name of the topic of the results.
        worker_group: The consumer group of all workers of this kind; the group hands each task to one of them.
    """

    tasks: str
    results: str
    worker_group: str


_NAMES: Final = {
    TaskKind.DETECTION: KindTopics("detect-primitives", "detected-primitives", "detection-model"),
    TaskKind.CLASSIFICATION: KindTopics("classify-image", "classified-image", "classification-model"),
}


def kind_topics(kind: TaskKind, prefix: str = "") -> KindTopics:
    """Returns where the messages of this kind travel; with a prefix, several systems share a cluster."""
    names = _NAMES[kind]
    return KindTopics(prefix + names.tasks, prefix + names.results, prefix + names.worker_group)


def models_topic(prefix: str = "") -> str:
    """Returns the name of the topic on which workers tell which model they run."""
    return f"{prefix}task-models"


@dataclass(frozen=True)
class DetectedPrimitive:
    """One object in a picture. Places and sizes are relative to the picture: 0 to 1, from its upper left corner.

    Attributes:
        class_id: Number of its class, as the model counts them.
        x_coord: Of the middle of its box, as YOLO has it.
        y_coord: Of the middle of its box.
        width: Of its box.
        height: Of its box.
        rotation: Of its box about its middle, clockwise in radians. The detectors of this package find upright boxes: 0.
        probability: 0 to 1.
        class_name: As the model calls its class; None if it has no names.
    """

    class_id: int
    x_coord: float
    y_coord: float
    width: float
    height: float
    rotation: float
    probability: float
    class_name: str | None = None


@dataclass(frozen=True)
class ImageClass:
    """One class that a whole picture may be of.

    Attributes:
        class_id: Its number, as the model counts them.
        probability: 0 to 1.
        class_name: As the model calls it; None if it has no names.
    """

    class_id: int
    probability: float
    class_name: str | None = None


@dataclass(frozen=True)
class TaskFailure:
    """Why a picture cannot be answered, in one line for a person."""

    error: str


DetectionAnswer = tuple[DetectedPrimitive, ...]
ClassificationAnswer = tuple[ImageClass, ...]
Answer = DetectionAnswer | ClassificationAnswer | TaskFailure


@dataclass(frozen=True)
class ModelNotice:
    """What a worker tells of the model that it runs.

    Attributes:
        kind: Of the tasks that it answers.
        name: Of the model.
        labels: Names of its classes, by class id; empty if it has none.
        digest: What tells it from others of its name; empty if the worker does not say, as the rest may be.
        worker: Id of the worker's process.
        host: Name of its machine.
        leaving: Whether it stops now.
    """

    kind: TaskKind
    name: str
    labels: tuple[str, ...]
    digest: str = ""
    worker: str = ""
    host: str = ""
    leaving: bool = False


@dataclass(frozen=True)
class NamedModel:
    """The model that made a result, as far as its message says; workers that are not ours may say nothing.

    Attributes:
        name: Of the model.
        digest: Of the model.
    """

    name: str | None = None
    digest: str | None = None


def encode_task(task_id: int, image: bytes, id_bytes: int = USUAL_ID_BYTES) -> bytes:
    """Returns the value of the message that asks for a picture to be looked at.

    Raises:
        OverflowError: If the id does not fit into so many bytes.
    """
    return task_id.to_bytes(id_bytes, "big") + image


def decode_task(value: bytes | None, id_bytes: int = USUAL_ID_BYTES) -> tuple[int, bytes]:
    """Returns the id and the picture, which may be anything, or nothing.

    Raises:
        WireError: If there is not even an id.
    """
    return _split(value, id_bytes)


def encode_result(task_id: int, answer: Answer, id_bytes: int = USUAL_ID_BYTES) -> bytes:
    """Returns the value of the message with the answer.

    Raises:
        OverflowError: If the id does not fit into so many bytes.
    """
    if isinstance(answer, TaskFailure):
        content: Any = {"error": answer.error[:MAX_ERROR_CHARACTERS]}
    else:
        content = [_said(asdict(item)) for item in answer]
    return task_id.to_bytes(id_bytes, "big") + json.dumps(content, separators=(",", ":"), allow_nan=False).encode()


def decode_result(kind: TaskKind, value: bytes | None, id_bytes: int = USUAL_ID_BYTES) -> tuple[int, Answer]:
    """Returns the id and the answer; keys of its objects that are not known are ignored.

    Raises:
        WireError: If the value is no result of a task of this kind.
    """
    task_id, content = _split(value, id_bytes)
    return task_id, _answer(kind, _parsed(content))


def encode_model(notice: ModelNotice) -> bytes:
    """Returns the value of the message that tells of a model."""
    return json.dumps(asdict(notice)).encode()


def decode_model(value: bytes | None) -> ModelNotice:
    """Returns what a worker tells of its model.

    Raises:
        WireError: If the value tells of no model.
    """
    content = _object(_parsed(value or b""))
    kind, name, labels = content.get("kind"), content.get("name"), content.get("labels")
    if kind not in tuple(TaskKind) or not isinstance(name, str) or not name:
        raise WireError("a model needs a kind and a name")
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        raise WireError("labels must be a list of strings")
    return ModelNotice(
        TaskKind(kind),
        _storable(name[:MOST_NAME_CHARACTERS]),
        tuple(map(_storable, labels)),
        digest=_text(content, "digest", MOST_DIGEST_CHARACTERS) or "",
        worker=_text(content, "worker", MOST_NAME_CHARACTERS) or "",
        host=_text(content, "host", MOST_NAME_CHARACTERS) or "",
        leaving=content.get("leaving") is True,
    )


def headers_of_result(model: NamedModel) -> dict[str, str | bytes | None]:
    """Returns the headers of a result's message.

    Args:
        model: That made it.
    """
    said = {MODEL_HEADER: model.name, MODEL_DIGEST_HEADER: model.digest}
    return {
        header: _storable(value[: _HEADERS[header]]).encode() for header, value in said.items() if value is not None
    }


def model_in(headers: Mapping[str, str | bytes | None] | Iterable[tuple[str, str | bytes | None]]) -> NamedModel:
    """Returns the model that made a result, as far as its message says.

    Args:
        headers: Of the message.
    """
    said: dict[str, str] = {}
    for name, value in headers.items() if isinstance(headers, Mapping) else headers:
        if name in _HEADERS and value and name not in said:
            text = value if isinstance(value, str) else value.decode("utf-8", "replace")
            said[name] = _storable(text[: _HEADERS[name]])
    return NamedModel(said.get(MODEL_HEADER), said.get(MODEL_DIGEST_HEADER))


def _split(value: bytes | None, id_bytes: int) -> tuple[int, bytes]:
    if value is None or len(value) < id_bytes:
        raise WireError(f"a value of {len(value or b'')} bytes does not hold a task id of {id_bytes}")
    return int.from_bytes(value[:id_bytes], "big"), value[id_bytes:]


def _storable(text: str) -> str:
    """Returns the text without what JSON can carry and databases cannot: zero characters and halves of pairs."""
    return text.replace("\0", "?").encode("utf-8", "replace").decode("utf-8")


def _said(fields: dict[str, Any]) -> dict[str, Any]:
    """Rounded, and without a name of the class where there is none."""
    known = {key: value for key, value in fields.items() if value is not None}
    return {key: round(value, _DECIMALS) if isinstance(value, float) else value for key, value in known.items()}


def _parsed(content: bytes) -> object:
    try:
        parsed: object = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError):
        raise WireError("no JSON in UTF-8 behind the task id") from None
    return parsed


def _object(content: object) -> dict[str, Any]:
    if not isinstance(content, dict):
        raise WireError("a JSON object was expected")
    return content


def _answer(kind: TaskKind, content: object) -> Answer:
    if isinstance(content, dict):
        error = content.get("error")
        if not isinstance(error, str):
            raise WireError("an object that is no list must say its error")
        return TaskFailure(_storable(error[:MAX_ERROR_CHARACTERS]))
    if not isinstance(content, list):
        raise WireError("a list of results was expected")
    if kind is TaskKind.DETECTION:
        return tuple(_primitive(_object(item)) for item in content)
    return tuple(
        ImageClass(_class_id(item), _share(item, "probability"), _class_name(item)) for item in map(_object, content)
    )


def _primitive(item: dict[str, Any]) -> DetectedPrimitive:
    return DetectedPrimitive(
        class_id=_class_id(item),
        x_coord=_number(item, "x_coord"),
        y_coord=_number(item, "y_coord"),
        width=_number(item, "width"),
        height=_number(item, "height"),
        rotation=_number(item, "rotation"),
        probability=_share(item, "probability"),
        class_name=_class_name(item),
    )


def _class_id(item: dict[str, Any]) -> int:
    value = item.get("class_id")
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _LARGEST_CLASS_ID:
        raise WireError("class_id must be a whole number from 0")
    return value


def _class_name(item: dict[str, Any]) -> str | None:
    return _text(item, "class_name", MOST_CLASS_NAME_CHARACTERS)


def _text(item: dict[str, Any], key: str, most: int) -> str | None:
    """None also for what is no text: another release may mean something else by the key."""
    value = item.get(key)
    return _storable(value[:most]) if isinstance(value, str) and value else None


def _share(item: dict[str, Any], key: str) -> float:
    value = _number(item, key)
    if not 0 <= value <= 1:
        raise WireError(f"{key} must be between 0 and 1")
    return value


def _number(item: dict[str, Any], key: str) -> float:
    value = item.get(key)
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise WireError(f"{key} must be a number")
    if not abs(value) <= _FARTHEST:  # in this direction, so that NaN is caught too
        raise WireError(f"{key} must be a number relative to the picture")
    return float(value)
