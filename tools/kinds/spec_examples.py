"""Examples of the kinds: the pages of documentation show them, and together they are one fleet that tests read."""

from collections.abc import Mapping
from typing import Final

EXAMPLES: Final[Mapping[str, str]] = {
    "Camera": """\
apiVersion: dsfleet.io/v1
kind: Camera
metadata:
  name: lobby-1
  labels:
    site: hanoi
    floor: ground
spec:
  address: rtsp://10.20.0.11:554/stream1
  credentialsRef:
    name: lobby-cameras
  encodeType: h265
  limits:
    notReachableAfterSeconds: 15
    minimumFps: 5
---
# A camera with a line that people are counted at, and a region that must not be crowded.
apiVersion: dsfleet.io/v1
kind: Camera
metadata:
  name: gate-1
  labels:
    site: hanoi
spec:
  address: rtsp://10.20.0.12:554/stream1
  credentialsRef:
    name: lobby-cameras
  width: 1920 # points are pixels of this picture
  height: 1080
  analytics:
    lineCrossing:
      lines:
        gate:
          direction: [[960, 500], [960, 900]] # this way in
          line: [[700, 720], [1220, 720]]
      mode: balanced
    overcrowding:
      regions:
        turnstile: [[100, 400], [600, 400], [600, 900], [100, 900]]
      objectThreshold: 5
      classIds: [0]
  messages:
    place:
      name: main gate
""",
    "DsInstance": """\
# The RetinaFace app: two keys of its own chain of networks are laid over, all others stay.
apiVersion: dsfleet.io/v1
kind: DsInstance
metadata:
  name: faces-lobby
spec:
  image: registry.example.com/face-mot:1.4.2
  nodeSelector:
    matchLabels:
      site: hanoi
  cameraSelector:
    matchLabels:
      site: hanoi
      floor: ground
  app:
    kind: retinaface
    kafkaConnectionStr: kafka.example.com:9092
    faceConfidenceThreshold: 0.5
  streammux:
    width: 1920
    height: 1080
    batchSize: 24
  inference:
    motPgie:
      classAttrs:
        all:
          preClusterThreshold: 0.35
    facePgie:
      property:
        interval: 1
  container:
    runtime: nvidia
    gpus: ["0"]
    volumes:
      - hostPath: /opt/models
        mountPath: /workspace/models
---
# deepstream-app with a detector, a tracker, the lines of its cameras, and messages to Kafka.
apiVersion: dsfleet.io/v1
kind: DsInstance
metadata:
  name: lines-gate
spec:
  image: registry.example.com/deepstream-people:9.1
  dsVersion: "9.1"
  nodeSelector:
    matchLabels:
      site: hanoi
  cameras:
    - gate-1
  app:
    kind: deepstream-app
  streammux:
    width: 1920
    height: 1080
    batchSize: 8
  deepstreamApp:
    primaryGie:
      enable: true
      gieUniqueId: 1
      batchSize: 8
      configFile: people.txt
    tracker:
      enable: true
      llLibFile: /opt/nvidia/deepstream/deepstream/lib/libnvds_nvmultiobjecttracker.so
      trackerWidth: 960
      trackerHeight: 544
    nvdsAnalytics:
      enable: true
    sinks:
      "0":
        enable: true
        type: 6
        msgConvPayloadType: 1
        msgConvMsg2PNewApi: true
        msgBrokerProtoLib: /opt/nvidia/deepstream/deepstream/lib/libnvds_kafka_proto.so
        msgBrokerConnStr: kafka.example.com;9092
        topic: people
        msgBrokerConfig: kafka.txt
  inferConfigs:
    people.txt:
      property:
        onnxFile: /workspace/models/people.onnx
        labelfilePath: /workspace/models/people.labels
        batchSize: 8
        networkMode: 2
        numDetectedClasses: 3
        clusterMode: 2
        gieUniqueId: 1
      classAttrs:
        all:
          preClusterThreshold: 0.4
          topk: 50
  messageBrokers:
    kafka.txt:
      partitionKey: sensorId # each camera keeps its order
  container:
    runtime: nvidia
    gpus: ["0"]
    volumes:
      - hostPath: /opt/models
        mountPath: /workspace/models
        readOnly: false # the engine is written beside the model
---
# The reference workload, on a machine without a GPU: people who cross the lines of the camera are told to Kafka.
apiVersion: dsfleet.io/v1
kind: DsInstance
metadata:
  name: people-gate
spec:
  image: dsfleet/pipeline:dev
  nodeSelector:
    matchLabels:
      site: hanoi
  cameras:
    - gate-1
  app:
    kind: reference
    kafkaConnectionStr: kafka.example.com:9092
  reference:
    detector:
      kind: people
    analyticsTopic: people-gate
  streammux:
    width: 1280
    height: 720
    batchSize: 8
""",
    "Node": """\
apiVersion: dsfleet.io/v1
kind: Node
metadata:
  name: hanoi-edge-1
  labels:
    site: hanoi
spec:
  nodeId: 9f1c2d3e-4b5a-4c6d-8e7f-0a1b2c3d4e5f
  hostname: hanoi-edge-1.example.com
  capacity: 16
  gpus: ["0"]
""",
}
