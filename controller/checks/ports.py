"""Ports of sinks that instances of one node would share: they are on its network."""

from collections.abc import Iterable, Iterator, Mapping

from controller.checks.violation import Path
from crds.dsinstance import DsInstance
from crds.node import Node
from deepstream.app.rules import ports_of


def shared_ports(instances: Iterable[DsInstance], nodes: Iterable[Node]) -> Iterator[tuple[DsInstance, Path, str]]:
    """Instances that run on one node and serve RTSP at one port, each with its path in the manifest and a sentence.

    Where a selector finds more nodes than one nothing is said: it may be another one each.
    """
    labels = {node.name: node.labels for node in nodes}
    first: dict[tuple[str, str, int], DsInstance] = {}
    for instance in instances:
        app = instance.spec.deepstream_app
        if app is None or instance.spec.container.network != "host":
            continue
        sinks = {number: ports for number, sink in app.sinks.items() if (ports := ports_of(sink))}
        node = _node_of(instance, labels) if sinks else None
        if node is None:
            continue
        for number, ports in sinks.items():
            for key, port in ports.items():
                other = first.setdefault((node, key, port), instance)
                if other is not instance:
                    message = (
                        f"{key} {port} is that of a sink of dsinstance/{other.name} too, on the network of the same node "
                        f"({node}): one of the two is not reached, or their pictures are mixed; give each its own"
                    )
                    alias = {"rtsp-port": "rtspPort", "udp-port": "udpPort"}[key]
                    yield instance, ("spec", "deepstreamApp", "sinks", str(number), alias), message


def _node_of(instance: DsInstance, labels: Mapping[str, Mapping[str, str]]) -> str | None:
    """The node that an instance runs on, as far as manifests tell."""
    selector = instance.spec.node_selector
    if instance.spec.node is not None or selector is None:
        return instance.spec.node
    allowed = [name for name, one in labels.items() if selector.matches(one)]
    return allowed[0] if len(allowed) == 1 else None
