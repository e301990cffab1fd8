"""One ONNX network that looks at pictures; whatever is wrong with it is said when it is loaded."""

import logging
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.detect.detector import DetectorError
from pipeline.detect.model_metadata import ModelMetadata

Numbers = NDArray[np.float32]

_LOG = logging.getLogger(__name__)

# It is asked for no words of its own; what matters is raised.
_FATAL: Final = 4

# What a size is given by: a line that tells of it is read by those who wrote a manifest, too.
_SIZE_SETTINGS: Final = (
    "input_width and input_height (of a manifest: inputWidth and inputHeight; of a worker: --input-size)"
)

# A float network takes 100 MB for the pixels of such a picture alone.
_LARGEST_SIDE: Final = 4096


class OnnxSession:
    """A network with one input of pictures: floats (N, 3, height, width). Any thread may call ``run``.

    Attributes:
        model: Its file.
        width: Of the pictures that it takes, in pixels.
        height: Of them.
        tried: Its outputs for one picture that is all black.
        output_shapes: Of them.
        metadata: What the file says beside the network.
    """

    def __init__(
        self,
        model: Path,
        *,
        input_size: tuple[int, int] | None = None,
        open_size: int | None = None,
        threads: int = 1,
    ) -> None:
        """Loads the network and tries it.

        Args:
            model: The ONNX file.
            input_size: Width and height to use, in pixels; only for a network that leaves them open.
            open_size: Width and height for one that leaves them open, when neither ``input_size`` nor its metadata tells.
            threads: That compute one picture. With several workers one each is best: together they keep all cores busy.

        Raises:
            DetectorError: If onnxruntime is not installed, or the file is no such network.
        """
        self.model = model
        self._session = _load(model, threads)
        self.metadata = ModelMetadata.of(self._session.get_modelmeta().custom_metadata_map)
        for entry in self.metadata.unread:
            _LOG.warning("%s: nothing can be made of %r in its metadata: it is not used", model, entry)
        self._input, self._batch, self.width, self.height = _input_of(
            model, self._session, self.metadata, input_size, open_size
        )
        self.tried = tuple(output[:1] for output in self._try(self._batch or 1))
        self.output_shapes = tuple(output.shape for output in self.tried)
        if self._batch is None:
            self._try(2)

    def run(self, pictures: Numbers) -> list[NDArray[Any]]:
        """Returns the outputs for so many pictures. A network with a fixed batch is run as often as that takes.

        Raises:
            DetectorError: If the network fails.
        """
        if self._batch is None:
            return self._run(pictures)
        rounds = [self._padded_run(pictures[at : at + self._batch]) for at in range(0, len(pictures), self._batch)]
        return [np.concatenate(parts) for parts in zip(*rounds, strict=True)]

    def _padded_run(self, pictures: Numbers) -> list[NDArray[Any]]:
        missing = (self._batch or len(pictures)) - len(pictures)
        padded = np.pad(pictures, ((0, missing), (0, 0), (0, 0), (0, 0))) if missing else pictures
        return [output[: len(pictures)] for output in self._run(padded)]

    def _run(self, pictures: Numbers) -> list[NDArray[Any]]:
        try:
            return [np.asarray(output) for output in self._session.run(None, {self._input: pictures})]
        except Exception as error:  # noqa: BLE001 - its errors have no common ancestor
            raise DetectorError(f"{self.model}: the network failed: {_first_line(error)}") from None

    def _try(self, pictures: int) -> list[NDArray[Any]]:
        outputs = self._run(np.zeros((pictures, 3, self.height, self.width), np.float32))
        if any(output.ndim == 0 or len(output) != pictures for output in outputs):
            shapes = ", ".join(str(output.shape) for output in outputs)
            raise DetectorError(
                f"{self.model}: a batch of {pictures} gave outputs {shapes}; they must begin with the batch: a network that "
                "gives as many rows as it finds is to be exported without that last step (NMS)"
            )
        return outputs


def _load(model: Path, threads: int) -> Any:
    if not model.is_file():
        raise DetectorError(f"{model}: there is no such ONNX file")
    try:
        import onnxruntime  # type: ignore[import-untyped]  # noqa: PLC0415 - an extra, and slow to load
    except ModuleNotFoundError:
        raise DetectorError(f"{model} needs onnxruntime: pip install 'dsfleet[onnx]'") from None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = _FATAL
    try:
        return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # noqa: BLE001 - its errors have no common ancestor
        raise DetectorError(f"{model}: not a network that can be run: {_first_line(error)}") from None


def _input_of(
    model: Path,
    session: Any,
    metadata: ModelMetadata,
    input_size: tuple[int, int] | None,
    open_size: int | None,
) -> tuple[str, int | None, int, int]:
    """Returns the name of the input, its batch if that is fixed, and width and height."""
    inputs = session.get_inputs()
    if len(inputs) != 1:
        raise DetectorError(f"{model}: it has {len(inputs)} inputs; one of pictures is needed")
    (wanted,) = inputs
    shape = list(wanted.shape)
    if wanted.type != "tensor(float)" or len(shape) != 4 or shape[1] != 3:
        export = ": export it without half precision" if wanted.type == "tensor(float16)" else ""
        raise DetectorError(
            f"{model}: the input must be floats (N, 3, height, width), is {wanted.type} {shape}{export}"
        )
    width, height = _size(model, (shape[3], shape[2]), metadata, input_size, open_size)
    return wanted.name, shape[0] if isinstance(shape[0], int) else None, width, height


def _size(
    model: Path,
    shape: tuple[object, object],
    metadata: ModelMetadata,
    input_size: tuple[int, int] | None,
    open_size: int | None,
) -> tuple[int, int]:
    """Returns width and height: the network's own where it has them, then what is asked for, what it says, and what is usual."""
    chosen = input_size or metadata.input_size or ((open_size, open_size) if open_size else None)
    width, height = (side if isinstance(side, int) else None for side in shape)
    if width is not None and height is not None:
        if input_size not in (None, (width, height)):
            raise DetectorError(
                f"{model}: its pictures are {width}x{height}, whatever the settings ask for: take away {_SIZE_SETTINGS}"
            )
        if metadata.input_size not in (None, (width, height)):
            said = "{}x{}".format(*metadata.input_size)
            _LOG.warning("%s: its metadata says pictures of %s, but it takes %dx%d only", model, said, width, height)
        return width, height
    if chosen is None:
        raise DetectorError(
            f"{model}: its input leaves the size of pictures open, and its metadata has no imgsz: give {_SIZE_SETTINGS}"
        )
    found = (width or chosen[0], height or chosen[1])
    if max(found) > _LARGEST_SIDE:
        raise DetectorError(f"{model}: pictures of {found[0]}x{found[1]} are too large: {_LARGEST_SIDE} is the most")
    if metadata.stride and any(side % metadata.stride for side in found):
        raise DetectorError(
            f"{model}: pictures of {found[0]}x{found[1]} do not fit it: both sides must be multiples of {metadata.stride}"
        )
    return found


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
