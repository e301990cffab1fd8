# The image of `fleet`: controller, task service and task workers. From the checkout's root:
#   docker build -f deploy/fleet.Dockerfile -t dsfleet/fleet:dev .
# Manifests in git need git in the image: --build-arg PACKAGES=git
FROM python:3.12-slim

ARG PACKAGES=""
RUN if [ -n "$PACKAGES" ]; then apt-get update && apt-get install -y --no-install-recommends $PACKAGES && rm -rf /var/lib/apt/lists/*; fi

ARG EXTRAS=onnx,pipeline,postgres,tasks
COPY LICENSE README.md constraints.txt pyproject.toml /tmp/project/
COPY bus /tmp/project/bus
COPY cli /tmp/project/cli
COPY controller /tmp/project/controller
COPY crds /tmp/project/crds
COPY deepstream /tmp/project/deepstream
COPY importer /tmp/project/importer
COPY nodeagent /tmp/project/nodeagent
COPY pages /tmp/project/pages
COPY pipeline /tmp/project/pipeline
COPY ports /tmp/project/ports
COPY simulator /tmp/project/simulator
COPY tasks /tmp/project/tasks
RUN pip install --no-cache-dir -c /tmp/project/constraints.txt "/tmp/project[$EXTRAS]" && rm -r /tmp/project

# Nothing of it needs root. New volumes are made after these folders, and so belong to this user.
RUN useradd --uid 10001 --user-group --home-dir /nonexistent --no-create-home fleet \
    && install -d -o fleet -g fleet -m 0700 /var/lib/fleet-tasks /var/lib/fleet /var/lib/fleet/controller
USER 10001:10001

ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
STOPSIGNAL SIGTERM
ENTRYPOINT ["fleet"]
CMD ["--help"]
