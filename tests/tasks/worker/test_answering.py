from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.detect.detector import DetectorError
from pipeline.model import CapturedFrame, Detection, ModelIdentity
from tasks.limits import ImageLimits
from tasks.wire import DetectedPrimitive, ImageClass, TaskFailure, TaskKind
from tasks.worker.answering import DetectionModel, Picture, answer_image, primitives_of
from tasks.worker.classifier import Classifier, ClassifierSettings, as_probabilities
from tests.tasks.worker.small_networks import CLASSES, encoded, grey_png, write_brightness_classifier

numbers = st.floats(-1e4, 1e4)
boxes = st.builds(
    Detection,
    left=numbers,
    top=numbers,
    width=st.floats(0, 1e4),
    height=st.floats(0, 1e4),
    class_id=st.integers(0, 90),
    label=st.just("thing"),
    confidence=st.floats(0, 1),
)


class RecordingDetector:
    """Says that a quarter of every picture is something, and remembers what it was told."""

    labels = ("thing",)
    identity = ModelIdentity("recording", "")

    def __init__(self) -> None:
        self.seen: list[CapturedFrame] = []
        self.forgotten: list[str] = []

    def detect(self, frames: Sequence[CapturedFrame]) -> list[tuple[Detection, ...]]:
        self.seen += frames
        return [(Detection(50, 25, 100, 50, 0, "thing", 0.75),) for _ in frames]

    def forget(self, camera_id: str) -> None:
        self.forgotten.append(camera_id)


class Stumbling:
    """A model that fails."""

    kind, identity, labels = TaskKind.DETECTION, ModelIdentity("stumbling", ""), ()

    def answer(self, picture: Picture) -> tuple[DetectedPrimitive, ...]:
        raise RuntimeError(f"no good: {picture.shape}")


def test_a_box_is_told_by_its_middle_relative_to_the_picture() -> None:
    (primitive,) = primitives_of([Detection(20, 10, 40, 20, 3, "dog", 0.5)], 200, 100)
    assert asdict(primitive) == pytest.approx(asdict(DetectedPrimitive(3, 0.2, 0.2, 0.2, 0.2, 0.0, 0.5, "dog")))


@given(st.lists(boxes, max_size=8), st.integers(1, 5000), st.integers(1, 5000))
def test_whatever_a_detector_says_stays_in_the_picture(found: list[Detection], width: int, height: int) -> None:
    primitives = primitives_of(found, width, height)
    assert len(primitives) <= len(found)
    for primitive in primitives:
        assert primitive.x_coord - primitive.width / 2 + 1e-9 >= 0
        assert primitive.x_coord + primitive.width / 2 <= 1 + 1e-9
        assert primitive.y_coord - primitive.height / 2 + 1e-9 >= 0
        assert primitive.y_coord + primitive.height / 2 <= 1 + 1e-9
    probabilities = [primitive.probability for primitive in primitives]
    assert probabilities == sorted(probabilities, reverse=True)


def test_only_the_surest_of_very_many_are_told() -> None:
    many = [Detection(0, 0, 1, 1, 0, "x", number / 5000) for number in range(5000)]
    told = primitives_of(many, 10, 10)
    assert len(told) == 1000
    assert told[-1].probability == 0.8


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_a_picture_is_a_frame_of_no_camera_and_nothing_of_it_is_remembered(suffix: str) -> None:
    detector = RecordingDetector()
    model = DetectionModel(detector)
    image = encoded(np.full((101, 203, 3), (10, 100, 200), np.uint8), suffix)
    for _ in range(2):
        answer = answer_image(image, model, ImageLimits())
    assert isinstance(answer, tuple)
    expected = DetectedPrimitive(0, 100 / 203, 50 / 101, 100 / 203, 50 / 101, 0.0, 0.75, "thing")
    assert asdict(answer[0]) == pytest.approx(asdict(expected))
    assert detector.forgotten == ["task", "task"]
    pixels = detector.seen[0].picture.to_ndarray(format="bgr24")
    assert pixels.shape == (101, 203, 3)
    assert np.abs(pixels.mean(axis=(0, 1)) - (10, 100, 200)).max() < 3


def test_a_grey_picture_is_looked_at_too() -> None:
    answer = answer_image(
        encoded(np.zeros((100, 200), np.uint8), ".png"), DetectionModel(RecordingDetector()), ImageLimits()
    )
    assert isinstance(answer, tuple)


def test_a_model_that_stumbles_gives_an_error_and_keeps_its_secrets() -> None:
    assert answer_image(grey_png(1), Stumbling(), ImageLimits()) == TaskFailure("the model failed on this picture")


@given(st.binary(max_size=200))
def test_any_bytes_are_answered(image: bytes) -> None:
    assert isinstance(answer_image(image, Stumbling(), ImageLimits()), TaskFailure)


def test_the_limits_come_before_the_decoder() -> None:
    image = grey_png(1, size=32)
    assert "1024" not in str(answer_image(image, Stumbling(), ImageLimits(image_pixels=1024)))
    too_many = answer_image(image, Stumbling(), ImageLimits(image_pixels=1023))
    too_long = answer_image(image, Stumbling(), ImageLimits(image_bytes=len(image) - 1))
    assert too_many == TaskFailure("the picture has 32 x 32 pixels; at most 1023 are looked at")
    assert too_long == TaskFailure(f"the picture has {len(image)} bytes; at most {len(image) - 1} are looked at")


def test_the_classifier_tells_the_best_classes_with_their_probabilities(classifier: Path) -> None:
    model = Classifier(ClassifierSettings(classifier))
    for number in (0, 17, CLASSES - 1):
        answer = answer_image(grey_png(number), model, ImageLimits())
        assert isinstance(answer, tuple)
        best = answer[0]
        assert isinstance(best, ImageClass)
        assert best.class_id == number
        assert len(answer) == 5
        assert [item.probability for item in answer] == sorted((item.probability for item in answer), reverse=True)


def test_probabilities_stay_and_scores_become_probabilities() -> None:
    given_shares = np.array([0.25, 0.75])
    assert as_probabilities(given_shares).tolist() == [0.25, 0.75]
    assert as_probabilities(np.array([0.0, 0.0])).tolist() == [0.5, 0.5]
    assert as_probabilities(np.array([1000.0, -1000.0])).tolist() == [1.0, 0.0]
    with pytest.raises(ValueError, match="not a number"):
        as_probabilities(np.array([np.nan, 1.0]))


@pytest.mark.parametrize(
    ("names", "labels"),
    [("{0: 'dark', 1: 'grey', 2: 'bright'}", ("dark", "grey", "bright")), ("['dark']", ()), ("", ())],
)
def test_names_that_the_networks_file_holds_are_its_labels_if_they_fit(
    tmp_path: Path, names: str, labels: tuple[str, ...]
) -> None:
    file = write_brightness_classifier(tmp_path / "three.onnx", classes=3)
    network = onnx.load(str(file))
    onnx.helper.set_model_props(network, {"names": names})
    onnx.save(network, str(file))
    model = Classifier(ClassifierSettings(file))
    assert model.labels == labels
    answer = answer_image(grey_png(CLASSES - 1), model, ImageLimits())
    assert isinstance(answer, tuple)
    assert answer[0].class_name == (labels[-1] if labels else None)


def test_a_model_is_named_by_its_file_and_what_is_in_it(tmp_path: Path) -> None:
    one, other = (write_brightness_classifier(tmp_path / name, classes=3) for name in ("one.onnx", "other.onnx"))
    first, second = (Classifier(ClassifierSettings(file)).identity for file in (one, other))
    assert (first.name, second.name, first.digest == second.digest) == ("one", "other", True)
    write_brightness_classifier(one, classes=4)
    assert Classifier(ClassifierSettings(one)).identity.digest != first.digest


def test_labels_that_do_not_fit_the_network_are_refused(tmp_path: Path) -> None:
    network, labels = write_brightness_classifier(tmp_path / "three.onnx", classes=3), tmp_path / "labels.txt"
    labels.write_text("dark\ngrey\nbright\n")
    assert Classifier(ClassifierSettings(network, labels)).labels == ("dark", "grey", "bright")
    labels.write_text("dark\nbright\n")
    with pytest.raises(DetectorError, match="2 labels for 3 classes"):
        Classifier(ClassifierSettings(network, labels))
