"""Ports of sinks that instances of one node would share: they are on its network."""

from collections.abc import Iterable, Iterator

from controller.checks.violation import Path
from crds.dsinstance import DsInstance
from deepstream.app.rules import ports_of


def shared_ports(instances: Iterable[DsInstance]) -> Iterator[tuple[DsInstance, Path, str]]:
    """Instances that name one node and serve RTSP at one port, each with its path in the manifest and a sentence.

    Where a selector finds the node nothing is said: it may be another one each.
    """
    first: dict[tuple[str, str, int], DsInstance] = {}
    for instance in instances:
        spec = instance.spec
        if spec.node is None or spec.container.network != "host" or spec.deepstream_app is None:
            continue
        for number, sink in spec.deepstream_app.sinks.items():
            for key, port in ports_of(sink).items():
                other = first.setdefault((spec.node, key, port), instance)
                if other is not instance:
                    message = (
                        f"{key} {port} is that of a sink of dsinstance/{other.name} too, on the network of the same node "
                        f"({spec.node}): one of the two is not reached, or their pictures are mixed; give each its own"
                    )
                    alias = {"rtsp-port": "rtspPort", "udp-port": "udpPort"}[key]
                    yield instance, ("spec", "deepstreamApp", "sinks", str(number), alias), message
