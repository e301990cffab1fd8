"""What cameras ask for, and the app of an instance does not do."""

from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import urlsplit

from controller.checks.violation import Violation, error, warning
from controller.render.msgconv_files import msgconv_file, with_msgconv_file
from crds.app_kind import AppKind
from crds.camera import Camera
from crds.camera_alerts import CameraAlert
from crds.camera_source import SCHEMES
from crds.dsinstance import DsInstance
from crds.foreign_placeholders import holds_placeholder
from crds.key_path import key_path
from deepstream.findings import Severity
from deepstream.msgconv import check_msgconv_file
from deepstream.near_miss import near_miss

_SHOWN: Final = 5
_FOUND_BY: Final[Mapping[str, tuple[str, ...]]] = {"motion": ("object",), "people": ("person",)}
"""The classes of detectors that bring their own."""


def check_cameras(instance: DsInstance, cameras: tuple[Camera, ...]) -> Iterator[Violation]:
    """What is wrong with cameras that the instance has, or in vain."""
    kind = instance.spec.app.kind
    for camera in cameras:
        spec = camera.spec
        if spec.type == "file" and kind is AppKind.REFERENCE and urlsplit(spec.address).netloc:
            message = (
                f"a path beside the configuration files is not known to the app of dsinstance/{instance.name}, of kind "
                f"{kind}: write the whole path, file:///…"
            )
            yield error(("spec", "address"), message, camera.name)
        if holds_placeholder(spec.address):
            message = "a part of the address is a placeholder of another program, and nothing fills it in: write what is meant"
            yield warning(("spec", "address"), message, camera.name)
        if spec.frame_delay_seconds > 0 and kind is not AppKind.REFERENCE:
            message = f"it does nothing in dsinstance/{instance.name}: an app of kind {kind} is not told"
            yield warning(("spec", "frameDelaySeconds"), message, camera.name)
        if spec.alerts and kind is not AppKind.REFERENCE:
            message = f"they do nothing in dsinstance/{instance.name}: an app of kind {kind} does not look for alerts"
            yield warning(("spec", "alerts"), message, camera.name)
        elif spec.alerts:
            yield from _classes_of_alerts(instance, camera, spec.alerts)
        if spec.analytics is not None:
            yield from _analytics(instance, camera)
        if spec.messages is not None and not _sends(instance):
            message = f"dsinstance/{instance.name} makes nothing of it: its app, of kind {kind}, " + (
                "has no converter of messages that is in use and goes by msgconv_config.txt"
                if kind is AppKind.DEEPSTREAM_APP
                else "writes its messages itself"
            )
            yield warning(("spec", "messages"), message, camera.name)
    if any(camera.spec.messages is not None for camera in cameras) and _sends(instance):
        yield from _messages(cameras)


def check_network(instance: DsInstance, cameras: tuple[Camera, ...]) -> Iterator[Violation]:
    """What an instance cannot reach that is to have no network."""
    if instance.spec.container.network != "none":
        return
    streams = sorted(camera.name for camera in cameras if camera.spec.type in SCHEMES)
    if instance.spec.app.kind.has_metrics:
        message = (
            f"an app of kind {instance.spec.app.kind} is asked for its frames over the network of the node: use host"
        )
    elif streams:
        more = f" and {len(streams) - _SHOWN:,} more" if len(streams) > _SHOWN else ""
        message = (
            f"without a network the instance cannot reach its network cameras ({', '.join(streams[:_SHOWN])}{more})"
        )
    else:
        return
    yield error(("spec", "container", "network"), message)


def _classes_of_alerts(instance: DsInstance, camera: Camera, rules: Mapping[str, CameraAlert]) -> Iterator[Violation]:
    """Classes that the detector never finds, as far as it is known what it finds: of a network only its labels tell."""
    detector = instance.spec.reference.detector
    known = _FOUND_BY.get(detector.kind) or tuple(instance.spec.files.get(detector.labels or "", "").split("\n"))
    found = {one.strip().casefold() for one in known if one.strip()}
    for name, rule in rules.items():
        for one in rule.classes if found else ():
            if one.casefold() not in found:
                meant = near_miss(one, sorted(found)) or (f"; it finds {next(iter(found))}" if len(found) == 1 else "")
                message = (
                    f"the detector of dsinstance/{instance.name}, of kind {detector.kind}, finds no {one!r}{meant}"
                )
                yield warning(("spec", "alerts", name, "classes"), message, camera.name)


def _analytics(instance: DsInstance, camera: Camera) -> Iterator[Violation]:
    if instance.spec.app.kind is AppKind.RETINAFACE:
        message = f"lines and regions do nothing in dsinstance/{instance.name}: the RetinaFace app has no nvdsanalytics"
        yield warning(("spec", "analytics"), message, camera.name)
    yield from of_shapes(camera)


def of_shapes(camera: Camera) -> Iterator[Violation]:
    """What there is to say about lines and regions of a camera, whatever its app; errors refuse the camera itself."""
    for path, finding in camera.spec.analytics_findings():
        if finding.severity is not Severity.ERROR:
            yield Violation(finding.severity, ("spec", *path), finding.message, camera.name)


def _sends(instance: DsInstance) -> bool:
    """True when a file for the converter of messages is rendered."""
    if instance.spec.deepstream_app is not None:
        return with_msgconv_file(instance.spec.deepstream_app)[1]
    return instance.spec.app.kind is AppKind.REFERENCE


def _messages(cameras: tuple[Camera, ...]) -> Iterator[Violation]:
    """What messages say of the cameras, as far as it is said in their manifests."""
    numbers = {camera.name: number for number, camera in enumerate(cameras)}
    file = msgconv_file(tuple(enumerate(cameras)), numbers)
    aliases = {"sensor": "sensor", "place": "place", "analytics": "analyticsModule"}
    for finding in check_msgconv_file(file):
        word = finding.group.rstrip("0123456789")
        number = int(finding.group[len(word) :])
        camera = cameras[number]
        given = camera.spec.messages
        groups = {"sensor": file.sensors, "place": file.places, "analytics": file.analytics}[word]
        if given is None or (finding.severity is Severity.NOTE and finding.key == "location"):
            continue
        path = ("spec", "messages", aliases[word], *key_path(groups[number], finding.key))  # type: ignore[index]
        yield Violation(finding.severity, path, finding.message, camera.name)
