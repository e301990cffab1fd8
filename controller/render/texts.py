"""The files of a resolved instance as texts."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from controller.render import retinaface_files
from controller.render.file_names import ANALYTICS_FILE, DEEPSTREAM_APP_FILE, MSGCONV_FILE, PIPELINE_FILE
from controller.render.reference_files import write_pipeline_file
from controller.render.resolved import ResolvedInstance
from controller.render.spec_parts import SpecParts
from crds.app_kind import AppKind
from deepstream.analytics.config import write_analytics_file
from deepstream.app.config import write_app_file
from deepstream.config_text import is_yaml
from deepstream.message_broker import MessageBrokerFile, write_message_broker_file
from deepstream.msgconv import write_msgconv_file
from deepstream.nvinfer.config import write_infer_config
from deepstream.preprocess.config import PreprocessFile, write_preprocess_file


class CannotWriteError(ValueError):
    """Something in a manifest cannot stand in a file of its kind.

    Attributes:
        path: the name of the file.
        message: what, and why.
    """

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}")
        self.path = path
        self.message = message


def rendered_files(resolved: ResolvedInstance, parts: SpecParts | None = None) -> Mapping[str, str]:
    """The files of an instance, flat in its configuration folder, texts by name; those that its cameras change come first.

    Args:
        resolved: the instance.
        parts: what follows from its spec, if that is known.

    Raises:
        CannotWriteError: something in the manifest cannot stand in such a file.
    """
    # Of two files of one name the first one counts: what is made here is never replaced by what is only passed on.
    found: dict[str, str] = {}
    for path, write in _writers(resolved, parts or SpecParts(resolved.instance)):
        if path not in found:
            try:
                found[path] = write()
            except ValueError as error:
                raise CannotWriteError(path, str(error)) from error
    return found


def header_of(instance_name: str) -> str:
    """What stands at the top of each file that can have comments."""
    return f"Made by fleet from the manifest of dsinstance/{instance_name}; edits here are overwritten."


def _writers(resolved: ResolvedInstance, parts: SpecParts) -> Iterator[tuple[str, Callable[[], str]]]:
    """Names of files, and what gives their texts."""
    spec, header = resolved.instance.spec, header_of(resolved.instance.name)
    yield from _json_writers(resolved, parts)
    if resolved.app_file is not None:
        yield DEEPSTREAM_APP_FILE, partial(write_app_file, resolved.app_file, header)
    if resolved.analytics is not None:
        yield ANALYTICS_FILE, partial(write_analytics_file, resolved.analytics, header)
    if resolved.msgconv is not None:
        yield MSGCONV_FILE, partial(write_msgconv_file, resolved.msgconv, header)
    if resolved.chain is not None:
        yield from retinaface_files.chain_files(resolved.chain, header)
    else:
        for path, config in sorted(resolved.infer_configs.items()):
            yield path, partial(write_infer_config, config, yaml=is_yaml(path), header=header)
    for path, file in sorted(resolved.preprocess_configs.items()):
        yield path, partial(_preprocess_text, path, file, header)
    for path, group in sorted(resolved.message_brokers.items()):
        yield path, partial(write_message_broker_file, MessageBrokerFile(message_broker=group), header)
    for path in sorted(spec.files):
        yield path, partial(str, spec.files[path])


def _json_writers(resolved: ResolvedInstance, parts: SpecParts) -> Iterator[tuple[str, Callable[[], str]]]:
    spec = resolved.instance.spec
    if spec.app.kind is not AppKind.DEEPSTREAM_APP:
        yield from retinaface_files.json_files(resolved, lambda: parts.app_conf)
    if spec.app.kind is AppKind.REFERENCE:
        yield PIPELINE_FILE, lambda: write_pipeline_file(spec.reference, parts.pipeline_head, resolved.cameras)


def _preprocess_text(path: str, file: PreprocessFile, header: str) -> str:
    if is_yaml(path):
        raise ValueError("it is written as a key file, which DeepStream takes for YAML by this name; end it with .txt")
    return write_preprocess_file(file, header)
