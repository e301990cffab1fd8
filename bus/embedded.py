"""The embedded broker: librdkafka's mock cluster, for trying things out and for tests on one machine.

It keeps nothing on disk and at most 5 MiB per partition, of which it drops the oldest without regard to keys: whoever
publishes desired state must repeat it. It listens on a free port of 127.0.0.1, without any access control.
API: https://github.com/confluentinc/librdkafka/blob/master/src/rdkafka_mock.h, experimental; hence looked up by name.
"""

import ctypes
import time
from collections.abc import Callable
from typing import Any, Self

from confluent_kafka import cimpl

from bus.base import Topic
from bus.topics import SETTINGS, topic_name

_PRODUCER = 0
_ALL_BROKERS = -1
_ERROR_BYTES = 512

_BETWEEN_ORDERS_S = 0.002

# name -> result type, argument types
_FUNCTIONS: dict[str, tuple[Any, list[Any]]] = {
    "rd_kafka_conf_new": (ctypes.c_void_p, []),
    "rd_kafka_conf_set": (
        ctypes.c_int,
        [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_size_t],
    ),
    "rd_kafka_new": (ctypes.c_void_p, [ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t]),
    "rd_kafka_destroy": (None, [ctypes.c_void_p]),
    "rd_kafka_mock_cluster_new": (ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_int]),
    "rd_kafka_mock_cluster_destroy": (None, [ctypes.c_void_p]),
    "rd_kafka_mock_cluster_bootstraps": (ctypes.c_char_p, [ctypes.c_void_p]),
    "rd_kafka_mock_topic_create": (ctypes.c_int, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_int]),
    "rd_kafka_mock_group_initial_rebalance_delay_ms": (None, [ctypes.c_void_p, ctypes.c_int32]),
    "rd_kafka_mock_broker_set_down": (ctypes.c_int, [ctypes.c_void_p, ctypes.c_int32]),
    "rd_kafka_mock_broker_set_up": (ctypes.c_int, [ctypes.c_void_p, ctypes.c_int32]),
}


class EmbeddedBroker:
    """One broker inside this process that other processes of this machine can use too."""

    def __init__(self, *, topic_prefix: str = "") -> None:
        """Prepares the broker.

        Args:
            topic_prefix: what the names of its topics begin with.
        """
        self._prefix = topic_prefix
        self._handle: int | None = None
        self._cluster: int | None = None

    @property
    def bootstrap_servers(self) -> str:
        """Where it listens: `127.0.0.1:port`."""
        return str(_call("rd_kafka_mock_cluster_bootstraps", self._running()).decode())

    def start(self) -> None:
        """Listens, and makes the topics.

        Raises:
            RuntimeError: the installed librdkafka has no mock cluster, or refuses to make one.
        """
        if self._cluster is not None:
            return
        error = ctypes.create_string_buffer(_ERROR_BYTES)
        settings = _call("rd_kafka_conf_new")
        _call("rd_kafka_conf_set", settings, b"log_level", b"0", error, _ERROR_BYTES)  # it has no brokers, and says so
        self._handle = _call("rd_kafka_new", _PRODUCER, settings, error, _ERROR_BYTES)
        if not self._handle:
            raise RuntimeError(f"librdkafka gives no handle: {error.value.decode(errors='replace')}")
        self._cluster = _call("rd_kafka_mock_cluster_new", self._handle, 1)
        if not self._cluster:
            self.stop()
            raise RuntimeError("librdkafka makes no mock cluster")
        # The delay lets a cluster settle in which many members start at once; here it would only cost seconds.
        _call("rd_kafka_mock_group_initial_rebalance_delay_ms", self._cluster, 0)
        for topic, settings_of_topic in SETTINGS.items():
            self._create(topic, settings_of_topic.partitions)

    def stop(self) -> None:
        """Ends the broker; all that lay on it is gone. Ending it twice is no error."""
        if self._cluster:
            _order("rd_kafka_mock_cluster_destroy", self._cluster)
        if self._handle:
            _call("rd_kafka_destroy", self._handle)
        self._cluster = self._handle = None

    def set_down(self) -> None:
        """Drops all connections and refuses new ones, until `set_up`; what lies on the topics stays."""
        _order("rd_kafka_mock_broker_set_down", self._running(), _ALL_BROKERS)

    def set_up(self) -> None:
        """Accepts connections again."""
        _order("rd_kafka_mock_broker_set_up", self._running(), _ALL_BROKERS)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _running(self) -> int:
        if self._cluster is None:
            raise RuntimeError("the embedded broker is not running")
        return self._cluster

    def _create(self, topic: Topic, partitions: int) -> None:
        name = topic_name(self._prefix, topic)
        code = _order("rd_kafka_mock_topic_create", self._cluster, name.encode(), partitions, 1)
        if code:
            self.stop()
            raise RuntimeError(f"the embedded broker refuses topic {name} with error {code}")


def _order(name: str, *arguments: Any) -> Any:
    """Has the cluster's own thread do something.

    An order that comes while the last one is being finished does not wake that thread, and waits for a second.
    """
    time.sleep(_BETWEEN_ORDERS_S)
    return _call(name, *arguments)


def _call(name: str, *arguments: Any) -> Any:
    try:
        function: Callable[..., Any] = _library[name]
    except AttributeError:
        raise RuntimeError(
            f"the librdkafka of confluent-kafka lacks {name}: use the wheel from PyPI, or a real Kafka"
        ) from None
    function.restype, function.argtypes = _FUNCTIONS[name]  # type: ignore[attr-defined]
    return function(*arguments)


# A handle on the extension module finds what the library linked to it exports: the same library, wherever it lies.
_library = ctypes.CDLL(cimpl.__file__)
