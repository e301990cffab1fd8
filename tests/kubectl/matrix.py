"""What people type into kubectl, and what they are to read: the exit code, and what the output holds.

Runs of blanks count as one. `@NAME` stands for a file of manifests. Where versions differ, a case says for which minor versions it is.
"""

from dataclasses import dataclass

NODE_ID = "00000001-0000-4000-8000-000000000001"
READ_ONLY = r"\(MethodNotAllowed\).* read-only: objects are changed by committing manifests"
OUR_NODES = "NAME STATUS INSTANCES CAMERAS GENERATION AGE\nn1 Ready 1 2/24 7 3m\nn2 Unknown,SchedulingDisabled 0 0/24 [?]/7 3m\n$"
NODES = "^NAME STATUS ROLES AGE VERSION\nn1 Ready <none> 3m 0.1.0\nn2 NotReady,SchedulingDisabled <none> 3m 0.1.0\n$"
PODS = "^NAME READY STATUS RESTARTS AGE\ndoor 1/1 Running 0 3m\n$"
INSTANCES = r"NAME NODE STATUS CAMERAS RESTARTS AGE\ndoor n1 Running 2/2 0 3m\n$"
CAMERAS = (
    "NAME INSTANCE NODE READY FPS AGE\nhq-1 door n1 True 25.0 3m\nhq-2 door n1 True 25.0 3m\n"
    "yard-1 <none> <none> False - 3m\n$"
)
NOT_OURS = r"no kind \"\w+\" is registered for version \"dsfleet.io/v1\""


@dataclass(frozen=True)
class Case:
    """One command."""

    command: str
    expected: str
    """A regular expression that standard output and errors together hold."""
    code: int = 0
    since: int = 20
    """The first minor version of kubectl that it is for."""
    until: int = 999
    """The last one."""


GET = (
    *(Case(f"get {word}", OUR_NODES) for word in ("nodes.dsfleet.io", "nodes.v1.dsfleet.io")),
    *(Case(f"get {word}", NODES) for word in ("nodes", "node", "no")),
    *(Case(f"get {word}", PODS) for word in ("pods", "pod", "po", "po -n default")),
    # The short name of the core group's DaemonSets is not served here, so `ds` is ours.
    *(Case(f"get {word}", INSTANCES) for word in ("dsinstances", "dsinstance", "ds")),
    *(Case(f"get {word}", CAMERAS) for word in ("cameras", "camera", "cam", "cam -A", "cam -n default")),
    Case("get nodes.dsfleet.io n1 -o wide", rf"\nn1 Ready 1 2/24 7 3m 10.1.0.1 docker 0.1.0 {NODE_ID}\n$"),
    Case("get nodes n1 -o wide", r"\nn1 Ready <none> 3m 0.1.0 10.1.0.1 <none> <unknown> <unknown> docker://\n$"),
    Case("get pods -A -o wide", r"\ndefault door 1/1 Running 0 3m <none> n1 <none> <none>\n$"),
    Case("get pods --field-selector spec.nodeName=n1 -o name", "^pod/door\n$"),
    Case("get pods --field-selector spec.nodeName=n2", "No resources found"),
    Case("get pods -l dsfleet.io/instance=door -o name", "^pod/door\n$"),
    Case("get pods -n other", "No resources found"),
    Case("get pdb", "No resources found"),
    Case(
        "get pods door -o jsonpath={.metadata.ownerReferences[0].kind}/{.spec.containers[*].name}", "^DsInstance/app$"
    ),
    Case("get nodes n2 -o yaml", "apiVersion: v1\nkind: Node\n(.*\n)* unschedulable: true\n"),
    Case("get pods nobody", r'^Error from server \(NotFound\): pods "nobody" not found\n$', 1),
    Case("get ds -o wide", r"\ndoor n1 Running 2/2 0 3m retinaface:1 7 ?\n$"),
    Case("get cam hq-1 -o wide", r"\nhq-1 door n1 True 25.0 3m <none> rtsp://10.0.0.9/hq-1 \? FramesProcessed ?\n$"),
    Case("get cam/hq-1 cam/yard-1 -o name", "^camera.dsfleet.io/hq-1\ncamera.dsfleet.io/yard-1\n$"),
    Case("get cam hq-1 hq-2 --no-headers", "^hq-1 .*\nhq-2 .*\n$"),
    Case("get cam,ds -o name", r"yard-1\ndsinstance.dsfleet.io/door\n$"),
    *(
        Case(
            f"get {category} -o name", "camera.dsfleet.io/hq-1\n(.*\n)*dsinstance.dsfleet.io/door\n(.*\n)*node.dsfleet"
        )
        for category in ("fleet", "all")
    ),
    Case("get cam -l site=yard -o name", "^camera.dsfleet.io/yard-1\n$"),
    Case("get cam -l site!=hq -o name", "^camera.dsfleet.io/yard-1\n$"),
    Case("get cam -l 'site in (yard,x),!floor' -o name", "^camera.dsfleet.io/yard-1\n$"),
    Case("get cam -l site=nowhere", "No resources found"),
    Case("get cam --field-selector metadata.name=yard-1 -o name", "^camera.dsfleet.io/yard-1\n$"),
    Case("get ds --field-selector status.phase!=Running", "No resources found"),
    Case("get cam --field-selector spec.address=x", r"\(BadRequest\).* field label not supported", 1),
    Case("get cam --sort-by=.metadata.name -o name", "hq-1\n.*hq-2\n.*yard-1\n$"),
    Case("get cam -L site", r"AGE SITE\n(.*\n)*yard-1 .* yard\n$"),
    Case("get cam --show-labels", r"yard-1 .* site=yard\n$"),
    Case("get cam --show-kind", r"\ncamera.dsfleet.io/yard-1 "),
    Case("get cam --chunk-size=1 -o name", "hq-1\n.*hq-2\n.*yard-1\n$"),
    Case("get cam -o custom-columns=N:.metadata.name,A:.spec.address", "^N A\nhq-1 rtsp://10.0.0.9/hq-1\n"),
    Case("get cam hq-1 -o jsonpath={.status.instances[0].name}", "^door$"),
    Case("get cam hq-1 -o go-template={{.spec.address}}", "^rtsp://10.0.0.9/hq-1$"),
    Case("get cam hq-1 -o yaml", "apiVersion: dsfleet.io/v1\nkind: Camera\n(.*\n)* address: rtsp://10.0.0.9/hq-1\n"),
    Case("get cam hq-1 -o json", r'"address": "rtsp://10.0.0.9/hq-1"'),
    Case("get cam -o json", r'"kind": "(Camera)?List"'),
    Case("get cam hq-1 --subresource=status", "\nhq-1 door n1 True 25.0 3m\n$", since=24),
    Case("get cam nobody", r'^Error from server \(NotFound\): cameras.dsfleet.io "nobody" not found\n$', 1),
    Case("get cam nobody --ignore-not-found", "^$"),
    Case("get --raw /readyz", "^ok$"),
    Case("get --raw /apis/", '^{"kind":"APIGroupList"'),
)
EVENTS = (
    Case("get events", "\n60s Normal Running dsinstance/door the message about door\n$"),
    Case(
        "get events -A --field-selector type=Warning", "\ndefault 3m Warning NodeLost node/n2 the message about n2\n$"
    ),
    Case("get events --field-selector involvedObject.kind=Camera -o name", r"^event/hq-1\.\w+\n$"),
    Case("events", "Warning NodeLost Node/n2 the message about n2\n", since=26),
    Case("events --for dsinstance/door", "Normal Running DsInstance/door", since=26),
)
DESCRIBE = (
    Case(
        "describe dsinstance door",
        r"^Name: door\n(.*\n)*.*Phase: Running\n(.*\n)*Events:\n(.*\n)*.*the message about door",
    ),
    Case("describe cam hq-1", "Reason: FramesProcessed\n"),
    Case("describe cam -l site=hq", "Name: hq-1\n(.*\n)*Name: hq-2\n"),
    Case("describe nodes.dsfleet.io n1", f"Node Id: {NODE_ID}\n"),
    Case(
        "describe node n1", f"Ready True .* AgentConnected(.*\n)*ProviderID: dsfleet://{NODE_ID}\n(.*\n)* default door"
    ),
    Case(
        "describe node n2",
        r"Unschedulable: true\n(.*\n)*Events:\n Type .*\n -+ .*\n Warning NodeLost .* the message about n2\n$",
    ),
    Case(
        "describe pod door",
        "Node: n1/\n(.*\n)*Controlled By: DsInstance/door\n(.*\n)* Normal Running .* the message about door\n",
    ),
    Case(
        "describe rs -l dsfleet.io/instance=door", "Controlled By: Deployment/door\nReplicas: 1 current / 1 desired\n"
    ),
    Case("describe ns default", "Name: default\n(.*\n)*Status: Active"),
)
DISCOVERY = (
    Case(
        "api-resources --api-group=dsfleet.io -o name",
        "^cameras.dsfleet.io\ndsinstances.dsfleet.io\nnodes.dsfleet.io\n$",
    ),
    Case("api-resources", r"\ncameras cam dsfleet.io/v1 false Camera\n"),
    Case(
        "api-versions",
        "^apps/v1\nauthentication.k8s.io/v1\nauthorization.k8s.io/v1\ndsfleet.io/v1\nmetrics.k8s.io/v1beta1\npolicy/v1\nv1\n$",
    ),
    Case("version", "v1.33.0-fleet"),
    Case("get ns", "^NAME STATUS AGE\ndefault Active 0s\n$"),
    Case("create ns other", READ_ONLY, 1),
)
EXPLAIN = (
    Case("explain cam", r"KIND: Camera\n(.*\n)*DESCRIPTION:\n A camera of the fleet.\n(.*\n)* spec <Object>"),
    Case("explain cam.spec.limits", r"aliveIntervalSeconds <number>\n"),
    Case("explain ds.spec.streammux.batchSize", r"batchSize <integer>\n"),
    Case("explain node.metadata.labels", r"labels <map\[string\]string>\n"),
    Case("explain node.spec.unschedulable", r"unschedulable <boolean>\n"),
    Case("explain pods.status.phase", "Pending, Running or Unknown"),
    Case(
        "explain nodes --api-version=dsfleet.io/v1 --recursive",
        r"instancePorts <Object>\n first <integer>\n last <integer>\n",
    ),
    Case("explain ds.spec.deepstreamApp.primaryGie.bboxBorderColor", r"<\[\]number>\n"),
    Case("explain events.involvedObject", "The object that it happened to"),
    Case("explain cam.spec.nothing", 'field "nothing" does not exist', 1),
)
# Without writes these are answered by kubectl itself, from the documents of OpenAPI.
VALIDATION = (
    Case("create --dry-run=client -f @valid", r"^camera.dsfleet.io/lobby-1 created \(dry run\)\n"),
    Case("create --dry-run=client -f @null", r"^dsinstance.dsfleet.io/x created \(dry run\)\n$"),
    Case("create --dry-run=client -o yaml -f @valid", "address: rtsp://10.20.0.11:554/stream1\n"),
    Case("label --dry-run=client cam hq-1 a=b --local=false", "camera.dsfleet.io/hq-1 labeled"),
)
REFUSED_BY_KUBECTL = (
    # It knows these commands for kinds of its own alone: no answer of a server would help.
    Case("rollout status ds/door", NOT_OURS, 1),  # but of the Deployment of the same name
    Case("logs ds/door", NOT_OURS, 1),
    Case("cordon nodes.dsfleet.io/n1", NOT_OURS, 1),
)
LOGS = (
    Case("logs door", "^one\ntwo\nthree\n$"),
    Case("logs pod/door -c app --tail=1", "^three\n$"),
    Case("logs deploy/door --tail=1", "^three\n$"),
    Case("logs -l dsfleet.io/instance=door --tail=2 -f", "^two\nthree\n$"),
    Case("logs door --previous --timestamps --since=1h --limit-bytes=100", "^one\n"),
    Case("logs door -c other", "container other is not valid for pod door", 1),
    Case("logs nobody", r'\(NotFound\): pods "nobody" not found', 1),
)
TOP = (
    Case("top nodes", r"\nn1 1500m 37% 3072Mi 37% ?\n"),
    Case("top node n1 --no-headers", "^n1 1500m 37% 3072Mi 37% ?\n$"),
    Case("top pods", "\ndoor 250m 512Mi ?\n$"),
    Case("top pod door --containers", "\ndoor app 250m 512Mi ?\n$"),
)
DRAIN = (
    Case("drain n1 --dry-run=client", r"evicting pod default/door \(dry run\)\nnode/n1 drained \(dry run\)\n$"),
    Case("drain n2 --ignore-daemonsets", "^node/n2 already cordoned\n(node/n2 drained|node/n2 evicted)\n$"),
    # It prints what it is answered, whatever that is, and ends with 0: so it is in every version.
    Case("cordon n1", 'unable to cordon node "n1": .* is read-only'),
    Case("delete pod door --wait=false", '^(Warning: .*\n)*pod "door" deleted'),
    # Older versions ask for a dry run only of what can be patched.
    Case("delete pod door --dry-run=server", "doesn't support dry-run", 1, until=20),
    Case("delete pod door --dry-run=server", r'pod "door" deleted (.*)?\(server dry run\)', since=29),
    Case("label pod door a=b", "kubectl edit dsinstance door", 1),
    Case("run x --image=y", "pods are not made here: make dsinstances", 1),
)
REFUSED_BY_THE_API = (
    Case("scale ds door --replicas=2", READ_ONLY, 1),
    Case("delete cam nobody", r'\(NotFound\): cameras.dsfleet.io "nobody" not found', 1),
    Case("delete cam nobody --ignore-not-found", "^$"),
    Case("delete cam hq-1 --wait=false", READ_ONLY, 1),
    Case("label cam hq-1 a=b", READ_ONLY, 1),
    Case("patch cam hq-1 --type=merge -p {}", READ_ONLY, 1),
    Case("create -f @valid", READ_ONLY, 1),
    Case("apply -f @valid", READ_ONLY, 1),
    Case("replace -f @valid", r'\(NotFound\).* cameras.dsfleet.io "lobby-1" not found', 1),
    Case("edit cam hq-1", "Edit cancelled, no changes made"),
    # Its status holds null: kubectl 1.20 validates that, too, before it sends the change.
    Case("edit cam yard-1", r"could not be patched: .* is read-only", 1),
    Case("get --raw /version --as=bob", r"\(Forbidden\)", 1),
)
APPS = (
    Case("get deploy", "^NAME READY UP-TO-DATE AVAILABLE AGE\ndoor 1/1 1 1 3m\n$"),
    Case("get deployments.apps door -o wide", r"\ndoor 1/1 1 1 3m app retinaface:1 dsfleet.io/instance=door\n$"),
    Case("get rs", r"^NAME DESIRED CURRENT READY AGE\ndoor-\w{10} 1 1 1 3m\n$"),
    Case("get deploy -n other", "No resources found"),
    Case(
        "describe deploy door",
        r"\nReplicas: 1 desired \| 1 updated \| 1 total \| 1 available(.*\n)*NewReplicaSet: door-\w{10}",
    ),
    Case("rollout status deploy/door", '^deployment "door" successfully rolled out\n$'),
    Case("rollout history deploy/door", r"^deployment.apps/door ?\nREVISION CHANGE-CAUSE\n1 <none>\n"),
    Case("rollout history deploy/door --revision=1", r"\n *app:\n *Image:\s+retinaface:1\n"),
    Case("rollout undo deploy/door", "no rollout history found", 1),
    Case("rollout restart deploy/door", "is read-only", 1),
    Case("scale deploy door --replicas=1 --current-replicas=2", "[Ee]xpected replicas to be 2", 1),
    Case("get --raw /apis/dsfleet.io/v1/dsinstances/door/scale", '"spec":{"replicas":1}'),
    Case("explain deploy.spec.replicas", "How often it is to run: 0 or 1"),
)
REVIEWS = (
    Case("auth can-i list cam", "yes\n$"),
    Case("auth can-i get cam/hq-1", "yes\n$"),
    Case("auth can-i get pods --subresource=log", "yes\n$"),
    Case("auth can-i create pods --subresource=eviction", "yes\n$"),
    Case("auth can-i create pods", "no - pods know delete, get, list, watch\n$", 1),
    Case("auth can-i list secrets", "no - this API serves no secrets\n$", 1),
    Case("auth can-i get /version", "yes\n$"),
    Case("auth can-i --list", r"\ncameras.dsfleet.io \[\] \[\] \[.*get list.*watch\]\n"),
    Case("auth whoami", "Username anonymous\n", since=28),
)
WAIT = (
    Case("wait cam/hq-1 --for=condition=Ready --timeout=60s", "camera.dsfleet.io/hq-1 condition met\n$"),
    Case("wait cam -l site=hq --for=condition=Ready --timeout=60s", "hq-1 condition met\n.*hq-2 condition met\n$"),
    Case("wait cam/hq-1 --for=jsonpath={.status.reason}=FramesProcessed --timeout=60s", "condition met", since=23),
    Case(
        "wait pod/door node/n1 --for=condition=Ready --timeout=60s", "pod/door condition met\nnode/n1 condition met\n$"
    ),
    Case("wait cam/nobody --for=delete --timeout=60s", "^$|not found", since=31),
    Case("wait cam/yard-1 --for=condition=Ready --timeout=1s", "timed out waiting for the condition", 1),
)

MATRIX = (
    *GET,
    *EVENTS,
    *DESCRIBE,
    *DISCOVERY,
    *EXPLAIN,
    *VALIDATION,
    *LOGS,
    *TOP,
    *DRAIN,
    *REFUSED_BY_KUBECTL,
    *REFUSED_BY_THE_API,
    *APPS,
    *REVIEWS,
    *WAIT,
)
