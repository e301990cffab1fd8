# The reference workload's image, for those who can pull its base. From the checkout's root:
#   docker build -f deploy/pipeline.Dockerfile -t dsfleet/pipeline:dev .
# build_pipeline_image.py makes an image that runs the same way without pulling anything.
FROM python:3.12-slim

COPY constraints.txt /tmp/constraints.txt
RUN pip install --no-cache-dir -c /tmp/constraints.txt av && rm /tmp/constraints.txt

COPY pipeline /opt/packages/pipeline

ENV PYTHONPATH=/opt/packages \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
WORKDIR /workspace/build
STOPSIGNAL SIGTERM
ENTRYPOINT ["python", "-m", "pipeline"]
CMD ["/workspace/configs/source_list.json"]
