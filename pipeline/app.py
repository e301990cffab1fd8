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
import cv2

from pipeline.alert_frames.store import AlertFrames
from pipeline.analysis import Analysis
from pipeline.camera_watch import CameraWatch
from pipeline.cpu_limit import available_cpus, worker_count
from pipeline.detect.choice import frames_at_once, make_detector
from pipeline.detect.detector import DetectorError
from pipeline.detect.frame_slots import FrameSlots
from pipeline.event_log import start_event_log
from pipeline.exit_codes import ExitCode
from pipeline.files.config import PipelineConfig, load
from pipeline.files.json_reader import ConfigError
from pipeline.messages.messenger import Messenger, Routes
from pipeline.model import FrameResult, ModelIdentity
from pipeline.remote_control import RemoteControl
from pipeline.rest.server import RestServer
from pipeline.stop_signals import StopSignals
from pipeline.stream import Stream
from pipeline.streams import Streams

_LOG = logging.getLogger(__name__)

# How often the states of the cameras are looked at.
_LOOK_S: Final = 0.25

# How often frames of alerts are looked at that may have become too old.
_SWEEP_S: Final = 60.0

# What is still on its way to Kafka may take so long to leave.
_FLUSH_S: Final = 0.4

# An analysis that has not moved for so long will not move any more; whoever started the program can do better than that.
_STUCK_S: Final = 120.0


def run(arguments: Sequence[str]) -> ExitCode:
    """Runs the pipeline; the caller must have blocked ``stop_signals.STOP_SIGNALS``."""
    options = _options(arguments)
    start_event_log()
    # The library's own messages name addresses, with the passwords in them.
    av.logging.set_level(None)
    # The workers are the threads; the library's own would come on top, for each of them.
    cv2.setNumThreads(1)
    try:
        config = load(options.source_list)
        detector = make_detector(config.settings.detector)
    except (ConfigError, DetectorError) as error:
        _LOG.error("%s", error)
        return ExitCode.CONFIGURATION
    workers = worker_count(available_cpus())
    streams = Streams(config, options.source_list.parent, FrameSlots(workers), detector)
    messenger = _messenger(config, detector.identity)
    alert_frames = AlertFrames(options.alert_frames, config.settings.alerts)
    control = RemoteControl(streams, messenger, detector.identity, alert_frames)
    try:
        server = RestServer(options.port, control)
    except OSError as error:
        _LOG.error("cannot listen on 127.0.0.1:%d: %s", options.port, error.strerror)
        return ExitCode.PORT

    def tell(stream: Stream, result: FrameResult) -> None:
        # Before the message: who reads it may ask for the frame at once.
        for news in result.alerts:
            alert_frames.keep(news, result)
        messenger.offer(result, stream.device_id, pictures=stream.source.stream)

    analysis = Analysis(
        streams,
        detector,
        tell,
        workers=workers,
        batch_size=frames_at_once(config.settings),
        batch_deadline_s=config.settings.batch_deadline_ms / 1000,
    )
    analysis.start()
    for source in config.sources:
        streams.add(source, source.camera_id)
    threading.Thread(target=server.serve_forever, name="rest", daemon=True).start()
    control.ready.set()
    _LOG.info(
        "serving on 127.0.0.1:%d, %d cameras, %d workers, model %s %s",
        options.port,
        len(config.sources),
        workers,
        detector.identity.name,
        detector.identity.digest,
    )
    asked_by = _watch_until_stopped(streams, CameraWatch(messenger), alert_frames)
    streams.stop()
    analysis.join()
    messenger.close(_FLUSH_S)
    if asked_by is None:
        _LOG.error("a frame has waited %g s for the detector; leaving, to be started anew", _STUCK_S)
        return ExitCode.STUCK
    _LOG.info("stopped by %s", asked_by.name)
    return ExitCode.OK


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m pipeline", description="A CPU video pipeline with DeepStream's files and REST calls."
    )
    parser.add_argument(
        "source_list", type=Path, metavar="SOURCE_LIST", help="source_list.json; the other files lie beside it"
    )
    parser.add_argument(
        "--port", type=_port, default=9000, help="port of the REST calls on 127.0.0.1 (default: %(default)s)"
    )
    parser.add_argument(
        "--alert-frames",
        type=Path,
        default=Path("alert-frames"),
        metavar="FOLDER",
        help="where frames of alerts are kept (default: %(default)s in the working directory)",
    )
    return parser.parse_args(arguments)


def _port(text: str) -> int:
    port = int(text)
    if not 1 <= port <= 65535:
        raise ValueError
    return port


def _messenger(config: PipelineConfig, model: ModelIdentity) -> Messenger:
    app, messages = config.app, config.settings.messages
    return Messenger(
        app.kafka_connection_str,
        Routes(
            analytics_topic=messages.analytics_topic,
            objects_topic=messages.objects_topic,
            camera_states_topic=messages.camera_states_topic,
            alerts_topic=config.settings.alerts.topic,
            mot_topic=app.mot_raw_meta_topic,
            face_topic=app.face_raw_meta_topic,
            visual_topic=app.visual_topic if app.app_type == "VISUAL" else "",
        ),
        model,
        interval_s=messages.interval_s,
        visual_interval_s=messages.visual_interval_s,
    )


def _watch_until_stopped(streams: Streams, watch: CameraWatch, alert_frames: AlertFrames) -> signal.Signals | None:
    """Says what becomes of the cameras until a signal comes, or, with None, until the analysis moves no more."""
    signals = StopSignals()
    swept_s = time.monotonic()
    while True:
        if (received := signals.wait(_LOOK_S)) is not None:
            return received
        now_s = time.monotonic()
        watch.look(streams.all(), now_s)
        if now_s - swept_s > _SWEEP_S:
            swept_s = now_s
            alert_frames.forget_surplus(now_s)
        if streams.slots.longest_wait_s(now_s) > _STUCK_S:
            return None
