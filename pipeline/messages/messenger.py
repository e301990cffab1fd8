"""Tells Kafka what is seen, without ever holding up who sees it."""

import functools
import time
import uuid
from dataclasses import dataclass

from pipeline.damage.judge import Damage
from pipeline.messages import payloads
from pipeline.messages.client_settings import LANES
from pipeline.messages.delivery import Delivery
from pipeline.messages.due import Kind, Schedule, is_face
from pipeline.messages.lane_producers import Headers, LaneProducers
from pipeline.messages.payloads import Payload
from pipeline.messages.pictures import Crops, reduced_jpeg
from pipeline.model import FrameResult, ModelIdentity, TrackedObject


@dataclass(frozen=True)
class Routes:
    """The topics; an empty one means that such messages are not sent.

    Attributes:
        analytics_topic: For counts of lines and regions.
        objects_topic: For the objects of each frame, as nvmsgconv's minimal payload.
        camera_states_topic: For what becomes of the cameras.
        alerts_topic: For alerts that begin and end.
        mot_topic: For tracked objects as the seed app tells them.
        face_topic: For faces as the seed app tells them.
        visual_topic: For pictures as the seed app sends them.
    """

    analytics_topic: str = ""
    objects_topic: str = ""
    camera_states_topic: str = ""
    alerts_topic: str = ""
    mot_topic: str = ""
    face_topic: str = ""
    visual_topic: str = ""

    def topics(self) -> dict[Kind, str]:
        """Returns the topic of each kind of message that is sent."""
        topics = {
            Kind.ANALYTICS: self.analytics_topic,
            Kind.OBJECTS: self.objects_topic,
            Kind.CAMERA_STATE: self.camera_states_topic,
            Kind.ALERT: self.alerts_topic,
            Kind.MOT: self.mot_topic,
            Kind.FACE: self.face_topic,
            Kind.VISUAL: self.visual_topic,
        }
        return {kind: topic for kind, topic in topics.items() if topic}


class Messenger:
    """Makes messages of results when they are due, and posts them; any thread may call."""

    def __init__(
        self,
        bootstrap_servers: str,
        routes: Routes,
        model: ModelIdentity,
        *,
        interval_s: float = 1.0,
        visual_interval_s: float = 1.0,
    ) -> None:
        """Makes a messenger; nothing is connected before the first message.

        Args:
            bootstrap_servers: ``host:port``, several of them separated by commas; with none, nothing is ever sent.
            routes: The topics.
            model: That finds what is told; all messages but those of states name it in their headers.
            interval_s: Counts of a camera are told so often when nothing crosses a line.
            visual_interval_s: Pictures of a camera are sent so often.
        """
        self._topics = routes.topics() if bootstrap_servers.strip() else {}
        self._schedule = Schedule(self._topics, interval_s=interval_s, visual_interval_s=visual_interval_s)
        self._session_id = str(uuid.uuid4())
        self._headers: Headers = [
            ("model", model.name.encode("utf-8", "backslashreplace")),
            ("model-digest", model.digest.encode()),
        ]
        self._producers = LaneProducers(bootstrap_servers.strip())

    def offer(self, result: FrameResult, device_id: str, *, pictures: bool) -> None:
        """Sends what is due of a frame; it neither waits for a broker nor raises.

        Pictures are encoded here, in the caller's thread, and only when they are due.

        Args:
            result: All that is known of the frame; of one stream, frames must be offered one after the other.
            device_id: What messages call its camera.
            pictures: Whether pictures of this camera are published.
        """
        for kind in self._schedule.due(result, pictures=pictures):
            self._send(kind, result, device_id)

    def camera_state(self, device_id: str, state: str, reason: str, fps: float, damage: Damage | None = None) -> None:
        """Tells what has become of a camera, now; it neither waits for a broker nor raises.

        Args:
            device_id: What messages call the camera.
            state: As the camera's statistics tell it.
            reason: Why it is in that state, empty when it is alive.
            fps: Frames per second that it sends.
            damage: What is damaged of what it sends.
        """
        if Kind.CAMERA_STATE not in self._topics:
            return
        make = functools.partial(
            payloads.camera_state,
            device_id,
            state,
            reason,
            fps,
            damage,
            message_id=str(uuid.uuid4()),
            seen_at_s=time.time(),
        )
        self._producers.post(LANES[Kind.CAMERA_STATE], self._topics[Kind.CAMERA_STATE], device_id, make)

    def delivery(self) -> Delivery:
        """Returns what became of the messages so far."""
        return self._producers.delivery()

    def close(self, timeout_s: float) -> None:
        """Sends what is kept, for so long at most, and ends; what is offered from now on is dropped."""
        self._producers.close(timeout_s)

    def _send(self, kind: Kind, result: FrameResult, device_id: str) -> None:
        post = functools.partial(
            self._producers.post, LANES[kind], self._topics[kind], device_id, headers=self._headers
        )
        session_id = self._session_id
        match kind:
            case Kind.ALERT:
                for news in result.alerts:
                    post(functools.partial(payloads.alert, news, result, device_id, str(uuid.uuid4())))
            case Kind.ANALYTICS:
                post(lambda: payloads.analytics(result, device_id, str(uuid.uuid4())))
            case Kind.OBJECTS:
                post(lambda: payloads.objects(result, device_id))
            case Kind.MOT:
                tracked = [one for one in result.objects if not is_face(one)]
                post(lambda: payloads.mot(result, tracked, session_id))
            case Kind.FACE:
                crops = Crops(result.frame.picture)
                for one in filter(is_face, result.objects):
                    post(functools.partial(self._face, result, one, crops))
            case Kind.VISUAL:
                post(functools.partial(self._visual, result))

    def _face(self, result: FrameResult, found: TrackedObject, crops: Crops) -> Payload:
        jpeg = crops.jpeg_of(found.detection)
        return payloads.face(result, found, self._session_id, jpeg.text if jpeg else None)

    def _visual(self, result: FrameResult) -> Payload:
        jpeg = reduced_jpeg(result.frame.picture)
        return payloads.visual(result, self._session_id, jpeg.text, jpeg.width, jpeg.height)
