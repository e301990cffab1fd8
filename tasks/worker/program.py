"""Puts a worker together and runs it until it is asked to stop."""

import argparse
import logging
import socket
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from typing import Final

import cv2
from confluent_kafka import KafkaException

from pipeline.cpu_limit import available_cpus, worker_count
from pipeline.detect.choice import make_detector
from pipeline.detect.detector import DetectorError
from pipeline.event_log import start_event_log
from pipeline.exit_codes import ExitCode
from pipeline.files.json_reader import ConfigError
from pipeline.files.settings import OnnxSettings, PeopleSettings
from pipeline.stop_signals import StopSignals
from tasks.kafka_settings import KafkaAddress, read_security
from tasks.limits import ImageLimits
from tasks.worker.answering import DetectionModel, TaskModel
from tasks.worker.classifier import Classifier, ClassifierSettings
from tasks.worker.worker import TaskWorker

_LOG = logging.getLogger(__name__)

_LOOK_S: Final = 0.25
# Enough to tell the workers of one system apart, few enough to be read aloud.
_ID_CHARACTERS: Final = 12
# Leaving takes a second for the task in hand; a broker that is away must not make it longer than people wait.
_GOODBYE_S: Final = 1.6


def run(options: argparse.Namespace) -> ExitCode:
    """Runs the worker; the caller must have blocked ``stop_signals.STOP_SIGNALS``.

    Args:
        options: As ``read_options`` has them.

    Returns:
        The exit code.
    """
    start_event_log("tasks")
    # One picture at a time: the cores that we may use are all for it.
    cv2.setNumThreads(worker_count(available_cpus()))
    stop = threading.Event()
    try:
        address = KafkaAddress(
            options.bootstrap_servers,
            options.topic_prefix,
            read_security(options.kafka_config) if options.kafka_config else {},
        )
        worker, host = uuid.uuid4().hex[:_ID_CHARACTERS], socket.gethostname()
        limits = ImageLimits(options.max_image_bytes, options.max_image_pixels)
        workers = [
            TaskWorker(address, model, limits, stop, id_bytes=options.task_id_bytes, worker=worker, host=host)
            for model in _models(options)
        ]
    except (ConfigError, DetectorError) as error:
        _LOG.error("%s", error)
        return ExitCode.CONFIGURATION
    except KafkaException as error:
        _LOG.error("Kafka's client refuses its settings: %s", error.args[0].str())
        return ExitCode.CONFIGURATION
    return _run_until_stopped(workers, stop)


def _run_until_stopped(workers: Sequence[TaskWorker], stop: threading.Event) -> ExitCode:
    failed = threading.Event()
    threads = [
        threading.Thread(target=_guarded, args=(worker.run, failed), name=f"worker-{number}", daemon=True)
        for number, worker in enumerate(workers)
    ]
    for thread in threads:
        thread.start()
    _LOG.info("working")
    signals, received = StopSignals(), None
    while received is None and not failed.is_set():
        received = signals.wait(_LOOK_S)
    stop.set()
    deadline_s = time.monotonic() + _GOODBYE_S
    for thread in threads:
        thread.join(max(0.0, deadline_s - time.monotonic()))
    if received is None:
        return ExitCode.BROKEN
    _LOG.info("stopped by %s", received.name)
    return ExitCode.OK


def _guarded(work: Callable[[], None], failed: threading.Event) -> None:
    try:
        work()
    except Exception:  # noqa: BLE001 - whatever it was, the process must not look alive without it
        _LOG.exception("the worker broke")
        failed.set()


def _models(options: argparse.Namespace) -> list[TaskModel]:
    models: list[TaskModel] = []
    if options.detector == "people":
        models.append(DetectionModel(make_detector(PeopleSettings())))
    elif options.detector == "onnx":
        if options.model is None:
            raise ConfigError("--detector onnx needs --model FILE")
        settings = OnnxSettings(
            options.model,
            options.labels,
            minimum_confidence=options.minimum_confidence,
            colours=options.colours,
            scale=options.scale,
            input_size=options.input_size,
            layout=options.layout,
        )
        models.append(DetectionModel(make_detector(settings)))
    if options.classifier is not None:
        classifying = ClassifierSettings(
            options.classifier, options.classifier_labels, colours=options.colours, scale=options.scale
        )
        models.append(Classifier(classifying))
    if not models:
        raise ConfigError("nothing to do: say --detector people, --detector onnx or --classifier FILE")
    return models
