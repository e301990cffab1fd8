"""One ONNX network that looks at pictures; whatever is wrong with it is said when it is loaded."""

from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.detect.detector import DetectorError

Numbers = NDArray[np.float32]

# It is asked for no words of its own; what matters is raised.
_FATAL: Final = 4


class OnnxSession:
    """A network with one input of pictures: floats (N, 3, height, width). Any thread may call ``run``.

    Attributes:
        model: Its file.
        width: Of the pictures that it takes, in pixels.
        height: Of them.
        output_shapes: Of its outputs for one picture.
    """

    def __init__(self, model: Path, *, open_size: int | None = None, threads: int = 1) -> None:
        """Loads the network and tries it.

        Args:
            model: The ONNX file.
            open_size: Width and height to use, in pixels, when the network leaves them open.
            threads: That compute one picture. With several workers one each is best: together they keep all cores busy.

        Raises:
            DetectorError: If onnxruntime is not installed, or the file is no such network.
        """
        self.model = model
        self._session = _load(model, threads)
        self._input, self._batch, self.height, self.width = _input_of(model, self._session, open_size)
        self.output_shapes = tuple((1, *output.shape[1:]) for output in self._try(self._batch or 1))
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
                f"{self.model}: a batch of {pictures} gave outputs {shapes}; they must begin with the batch"
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


def _input_of(model: Path, session: Any, open_size: int | None) -> tuple[str, int | None, int, int]:
    """Returns the name of the input, its batch if that is fixed, and height and width."""
    inputs = session.get_inputs()
    if len(inputs) != 1:
        raise DetectorError(f"{model}: it has {len(inputs)} inputs; one of pictures is needed")
    wanted = inputs[0]
    shape = list(wanted.shape)
    if wanted.type != "tensor(float)" or len(shape) != 4 or shape[1] != 3:
        raise DetectorError(f"{model}: the input must be floats (N, 3, height, width), is {wanted.type} {shape}")
    height, width = (size if isinstance(size, int) else open_size for size in shape[2:])
    if height is None or width is None:
        raise DetectorError(f"{model}: its input {shape} leaves the size of pictures open: export it with a fixed one")
    return wanted.name, shape[0] if isinstance(shape[0], int) else None, height, width


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
