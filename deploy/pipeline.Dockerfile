# The reference workload's image, for those who can pull its base. From the checkout's root:
#   docker build -f deploy/pipeline.Dockerfile -t dsfleet/pipeline:dev .
# With networks of one's own (detector kind onnx): --build-arg EXTRAS="pipeline onnx"
# build_pipeline_image.py makes an image that runs the same way without pulling anything.
FROM python:3.12-slim

ARG EXTRAS=pipeline
COPY pyproject.toml constraints.txt /tmp/project/
RUN python -c "import sys, tomllib; extras = tomllib.load(open('/tmp/project/pyproject.toml', 'rb'))['project']['optional-dependencies']; print(*(one for name in sys.argv[1:] for one in extras[name]), sep='\n')" $EXTRAS > /tmp/project/requirements.txt \
    && pip install --no-cache-dir -c /tmp/project/constraints.txt -r /tmp/project/requirements.txt \
    && rm -r /tmp/project

COPY pipeline /opt/packages/pipeline

ENV PYTHONPATH=/opt/packages \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
WORKDIR /workspace/build
STOPSIGNAL SIGTERM
ENTRYPOINT ["python", "-m", "pipeline"]
CMD ["/workspace/configs/source_list.json"]
