"""Puts the pipeline together and runs it until it is asked to stop."""

import argparse
import logging
import signal
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import av.logging

from pipeline.camera_stats import CameraSnapshot, CameraState, CameraStats
from pipeline.capture import Capture
from pipeline.config import load
from pipeline.event_log import start_event_log
from pipeline.exit_codes import ExitCode
from pipeline.json_reader import ConfigError
from pipeline.rest import RestServer, WatchedCamera

_LOG = logging.getLogger(__name__)

STOP_SIGNALS: Final = frozenset({signal.SIGTERM, signal.SIGINT})

# How often the states of the cameras are looked at, for the log.
_LOOK_S: Final = 0.25

# So long the captures may take to say goodbye to their cameras. Docker kills after 10 s; people give up earlier.
_GOODBYE_S: Final = 1.0


def run(arguments: Sequence[str]) -> ExitCode:
    """Runs the pipeline; the caller must have blocked ``STOP_SIGNALS``."""
    options = _options(arguments)
    start_event_log()
    # The library's own messages name addresses, with the passwords in them.
    av.logging.set_level(None)
    try:
        config = load(options.source_list)
    except ConfigError as error:
        _LOG.error("%s", error)
        return ExitCode.CONFIGURATION
    began = time.monotonic()
    cameras = [WatchedCamera(source.camera_id, CameraStats(began)) for source in config.sources]
    try:
        server = RestServer(options.port, cameras)
    except OSError as error:
        _LOG.error("cannot listen on 127.0.0.1:%d: %s", options.port, error.strerror)
        return ExitCode.PORT
    stop = threading.Event()
    captures = [Capture(source, camera.stats, stop) for source, camera in zip(config.sources, cameras, strict=True)]
    threading.Thread(target=server.serve_forever, name="rest", daemon=True).start()
    for capture in captures:
        capture.start()
    server.ready.set()
    _LOG.info("serving on 127.0.0.1:%d, %d cameras", options.port, len(cameras))
    asked_by = _watch_until_stopped(cameras, began)
    stop.set()
    deadline = time.monotonic() + _GOODBYE_S
    for capture in captures:
        capture.join(max(0.0, deadline - time.monotonic()))
    _LOG.info("stopped by %s", asked_by.name)
    return ExitCode.OK


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m pipeline", description="A CPU video pipeline with DeepStream's files and REST calls."
    )
    parser.add_argument(
        "source_list", type=Path, metavar="SOURCE_LIST", help="source_list.json; app_conf.json is read from beside it"
    )
    parser.add_argument(
        "--port", type=_port, default=9000, help="port of the REST calls on 127.0.0.1 (default: %(default)s)"
    )
    return parser.parse_args(arguments)


def _port(text: str) -> int:
    port = int(text)
    if not 1 <= port <= 65535:
        raise ValueError
    return port


def _watch_until_stopped(cameras: Sequence[WatchedCamera], began: float) -> signal.Signals:
    """Logs what becomes of the cameras until a signal comes."""
    # As they were before any thread ran: the first change must be told too, however fast it came.
    told = {camera.camera_id: CameraStats(began).snapshot(began) for camera in cameras}
    while True:
        # Taken from the queue, not handled in a handler: nothing is interrupted, and it works for PID 1, which the kernel spares the
        # default action of a signal.
        received = signal.sigtimedwait(STOP_SIGNALS, _LOOK_S)
        if received is not None:
            return signal.Signals(received.si_signo)
        for camera in cameras:
            seen = camera.stats.snapshot(time.monotonic())
            _tell(camera.camera_id, told[camera.camera_id], seen)
            told[camera.camera_id] = seen


def _tell(camera_id: str, before: CameraSnapshot, seen: CameraSnapshot) -> None:
    if seen.state is CameraState.ALIVE and before.state is not CameraState.ALIVE:
        _LOG.info("camera=%s alive", camera_id)
    if seen.losses != before.losses:
        _LOG.warning("camera=%s connection lost: %s", camera_id, seen.last_loss)
    if seen.state is CameraState.NOT_REACHABLE and (seen.state, seen.reason) != (before.state, before.reason):
        _LOG.warning("camera=%s not-reachable: %s", camera_id, seen.reason)
