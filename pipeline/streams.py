"""All streams: cameras come and go, while the others go on."""

import dataclasses
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pipeline.cameras.connection_turns import ConnectionTurns
from pipeline.detect.detector import Detector
from pipeline.detect.frame_slots import FrameSlots
from pipeline.files.config import PipelineConfig, load_rules
from pipeline.files.json_reader import ConfigError
from pipeline.files.rules import AnalyticsRules
from pipeline.files.source import Source
from pipeline.model import CapturedFrame
from pipeline.stream import Stream

# Cameras say goodbye all at once; so long they may take together. With what the workers and the messages take it stays below
# 2 s: Docker kills after 10 s, but people give up earlier.
_GOODBYE_S: Final = 0.8


class StreamError(Exception):
    """A stream cannot be added, removed or treated otherwise; the message is in the words of DeepStream."""


class Streams:
    """The streams by camera and by number; any thread may call.

    Attributes:
        slots: Where their frames wait for the analysis.
    """

    def __init__(self, config: PipelineConfig, folder: Path, slots: FrameSlots, detector: Detector) -> None:
        self.slots = slots
        self._config = config
        self._folder = folder
        self._detector = detector
        self._lock = threading.Lock()
        self._reloading = threading.Lock()
        self._settings = config.settings
        self._rules = config.rules
        self._turns = ConnectionTurns()
        self._streams: dict[str, Stream] = {}
        self._next_id = 0
        # Whoever adds such a camera over REST cannot say so again.
        self._without_pictures = {source.camera_id for source in config.sources if not source.stream}

    @property
    def rules(self) -> AnalyticsRules:
        """The lines and regions in force."""
        return self._rules

    def all(self) -> list[Stream]:
        """Returns the streams by number."""
        with self._lock:
            return sorted(self._streams.values(), key=lambda stream: stream.source_id)

    def find(self, camera_id: str) -> Stream | None:
        """Returns the stream of a camera, None if there is none."""
        with self._lock:
            return self._streams.get(camera_id)

    def add(self, source: Source, name: str) -> Stream:
        """Begins to watch a camera.

        Raises:
            StreamError: If it is watched already, or there are as many cameras as there may be.
        """
        with self._lock:
            # In the order of DeepStream: a camera that is there already is too many when there is no room.
            source_id = self._free_id()
            if source.camera_id in self._streams:
                raise StreamError("Duplicate Camera id, unable to add stream")
            if source.camera_id in self._without_pictures:
                source = dataclasses.replace(source, stream=False)
            stream = Stream(
                source,
                source_id=source_id,
                name=name,
                device_id=self._config.device_ids.get(source.camera_id, source.camera_id),
                settings=self._settings.camera(source.camera_id),
                rules=self._rules,
                change_percent=self._settings.significant_change_percent,
            )
            self._streams[source.camera_id] = stream
            self._next_id = source_id + 1
            self.slots.add(source.camera_id)
            stream.watch(self.slots.put, self._turns)
        return stream

    def remove(self, camera_id: str, address: str) -> None:
        """Stops to watch a camera.

        Raises:
            StreamError: If no camera has this id and this very address.
        """
        with self._lock:
            stream = self._streams.get(camera_id)
            if stream is None or stream.source.given_address != address:
                raise StreamError("No record found. Failed to remove source stream")
            del self._streams[camera_id]
            # In this order: a capture that has been told to leave puts nothing into the slot of one that may follow.
            stream.leave()
            self.slots.forget(camera_id)
        self._detector.forget(camera_id)

    def settle(self, frames: Sequence[CapturedFrame]) -> None:
        """A worker is done with these frames; what it has learnt of cameras that went meanwhile is forgotten."""
        self.slots.done(frames)
        for frame in frames:
            if self.find(frame.camera_id) is None:
                self._detector.forget(frame.camera_id)

    def reload(self) -> None:
        """Reads lines, regions and how cameras are treated again; all counts begin anew.

        Raises:
            StreamError: If the files are wrong; what was in force stays so.
        """
        # Files may take their time; nobody else waits for them.
        with self._reloading:
            try:
                rules, settings = load_rules(self._folder)
            except ConfigError as error:
                raise StreamError(str(error)) from None
            with self._lock:
                self._rules = rules
                self._settings = dataclasses.replace(self._settings, cameras=settings.cameras)
                for stream in self._streams.values():
                    stream.treat(settings.camera(stream.source.camera_id), rules)

    def stop(self) -> None:
        """Ends all captures, waiting a moment for those that listen."""
        streams = self.all()
        self.slots.close()
        for stream in streams:
            stream.leave()
        deadline_s = time.monotonic() + _GOODBYE_S
        for stream in streams:
            stream.join(max(0.0, deadline_s - time.monotonic()))

    def _free_id(self) -> int:
        """Returns the next free number, round and round as DeepStream's muxer hands out its pads."""
        taken = {stream.source_id for stream in self._streams.values()}
        most = self._config.app.streammux_batch_size
        for step in range(most):
            source_id = (self._next_id + step) % most
            if source_id not in taken:
                return source_id
        raise StreamError("Active sources exceded max-batch-size of nvstreammux")
