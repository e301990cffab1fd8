"""The rules that hold between a DsInstance, its cameras and the DeepStream that it runs.

The rules themselves are those of the room `deepstream`; here they are put to our manifests. docs/rules.md lists them.
"""

from collections import ChainMap
from collections.abc import Collection, Iterator, MutableMapping
from typing import Final

from controller.checks.cameras import check_cameras, check_network
from controller.checks.deepstream_app import check_deepstream_app
from controller.checks.devices import check_devices
from controller.checks.files import check_file_names, check_writable
from controller.checks.reference import check_reference
from controller.checks.retinaface import check_retinaface
from controller.checks.secrets import check_variables
from controller.checks.streams import check_streams, is_read
from controller.checks.violation import Violation, error, warning, without_repeats
from controller.differing import are_the_same
from controller.render.resolved import resolve
from crds.app_kind import AppKind
from crds.camera import Camera
from crds.dsinstance import MUXER_OF_APP_CONF, DsInstance, DsInstanceSpec
from deepstream.findings import Severity
from deepstream.retinaface.inference import DEFAULTS

__all__ = ["Checker", "Violation", "check_instance"]

_ANY_PORT: Final = 9000
"""Each instance is given its own; rules do not depend on which."""


_Known = tuple[DsInstance, tuple[Camera, ...], tuple[Violation, ...]]
"""An instance, its cameras, and what is wrong with them."""


class Checker:
    """Checks instances, and says the same again for the very same manifests without looking anew.

    An edit touches few of ten thousand instances. Manifests are frozen, and sources give out the same objects for what
    did not change, so identity is enough.
    """

    def __init__(self) -> None:
        self._known: MutableMapping[str, _Known] = {}
        self._found: dict[str, _Known] = {}
        """Of one beside another: what it found itself."""

    def beside(self) -> "Checker":
        """Another one that knows all that this one does: what it finds itself, this one does not remember."""
        other = Checker()
        # Of one that is beside another: not a chain that grows.
        known = self._known.maps[1] if isinstance(self._known, ChainMap) else self._known
        other._found = dict(self._found)
        other._known = ChainMap(other._found, known)
        return other

    def learn(self, other: "Checker") -> None:
        """Remembers what one beside it found."""
        self._known.update(other._found)  # noqa: SLF001 - of its own kind

    def check(self, instance: DsInstance, cameras: tuple[Camera, ...]) -> tuple[Violation, ...]:
        """See `check_instance`."""
        found = self._known.get(instance.name)
        if found is None or found[0] is not instance or not are_the_same(found[1], cameras):
            found = self._known[instance.name] = (instance, cameras, check_instance(instance, cameras))
        return found[2]

    def keep_only(self, names: Collection[str]) -> None:
        """Forgets what it found in instances that are not there any more.

        Args:
            names: of the instances that there are; all of them were checked.
        """
        is_beside = isinstance(self._known, ChainMap)
        own = self._found if is_beside else self._known
        if is_beside or len(own) > len(names):
            for name in [one for one in own if one not in names]:
                del own[name]


def check_instance(instance: DsInstance, cameras: tuple[Camera, ...]) -> tuple[Violation, ...]:
    """All rules that an instance breaks with its cameras.

    Args:
        instance: the manifest.
        cameras: its cameras, in any order; all that it has, since rules go by their number.

    Returns:
        What a person should change; an error means that the instance would fail, or fail later.
    """
    in_order = tuple(one.opened() for one in sorted(cameras, key=lambda one: one.name))
    return without_repeats(_violations(instance.opened(), in_order))


def _violations(instance: DsInstance, cameras: tuple[Camera, ...]) -> Iterator[Violation]:
    spec = instance.spec
    limit = spec.streammux.most_cameras
    if len(cameras) > limit:
        message = (
            f"the instance has {len(cameras):,} cameras and room for {limit:,}: raise batchSize, or split the instance"
        )
        yield error(("spec", "streammux", "batchSize"), message)
    # Those that are too many are said once: what else there is to say holds for the others too.
    fitting = cameras[:limit]
    yield from check_file_names(instance)
    yield from check_variables(spec.container.env)
    if spec.app.kind is AppKind.RETINAFACE:
        yield from check_retinaface(spec)
    if spec.app.kind is AppKind.REFERENCE:
        yield from check_reference(spec)
    if spec.app.kind is AppKind.DEEPSTREAM_APP:
        yield from check_deepstream_app(instance, fitting)
    else:
        yield from _muxer_of_json(instance)
    if not _is_plain(instance, fitting) and not _is_unwritable(spec, fitting):
        yield from check_writable(resolve(instance, fitting, _ANY_PORT))
    yield from check_cameras(instance, cameras)
    yield from check_network(instance, cameras)
    yield from check_devices(instance, cameras)
    yield from check_streams(instance, cameras)


def _is_plain(instance: DsInstance, cameras: tuple[Camera, ...]) -> bool:
    """True when its files hold values of the app's own and JSON only, which can always be written: the usual case."""
    spec = instance.spec
    own = all(getattr(spec.inference, field) is default for field, default in DEFAULTS.items())
    told = any(camera.spec.analytics or camera.spec.messages for camera in cameras)
    return spec.app.kind is not AppKind.DEEPSTREAM_APP and own and not told and spec.analytics is None


def _is_unwritable(spec: DsInstanceSpec, cameras: tuple[Camera, ...]) -> bool:
    """True when the cameras are none for its app, which is said of them."""
    return not all(is_read(spec.app.kind, one) for one in cameras)


def _muxer_of_json(instance: DsInstance) -> Iterator[Violation]:
    """app_conf.json holds five settings of the muxer; others are said in vain."""
    mux = instance.spec.streammux
    # A muxer that nobody writes anything about is the usual one.
    for field in sorted(mux.model_fields_set - {*MUXER_OF_APP_CONF, "extra_keys"}):
        if getattr(mux, field) is not None:
            alias = type(mux).model_fields[field].alias or field
            message = (
                f"it does nothing: an app of kind {instance.spec.app.kind} is told width, height, batchSize, bufferPool "
                "and nvbufMemoryType only; remove it"
            )
            yield warning(("spec", "streammux", alias), message)
    for name in mux.extra_keys:
        message = f"it does nothing: an app of kind {instance.spec.app.kind} is not told other keys; remove it"
        yield Violation(Severity.WARNING, ("spec", "streammux", "extraKeys", name), message)
