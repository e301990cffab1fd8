"""What the two recipes of the reference workload's image are made from."""

import re
from pathlib import Path

from deploy import build_pipeline_image

DEPLOY = Path(build_pipeline_image.__file__).parent
DOCKERFILE = (DEPLOY / "pipeline.Dockerfile").read_text(encoding="utf-8")


def test_what_the_dockerfile_copies_is_there_and_is_not_ignored() -> None:
    allowed = (DEPLOY / "pipeline.Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    copied = [source for line in re.findall(r"^COPY (.*) \S+$", DOCKERFILE, re.MULTILINE) for source in line.split()]
    assert copied
    for source in copied:
        assert (DEPLOY.parent / source).exists()
        assert f"!{source}" in allowed


def test_both_ask_for_the_extra_of_the_pipeline_and_run_it_alike() -> None:
    assert f"ARG EXTRAS={build_pipeline_image.EXTRA}\n" in DOCKERFILE
    for line in ('CMD ["/workspace/configs/source_list.json"]', "WORKDIR /workspace/build"):
        assert line in DOCKERFILE
        assert line in build_pipeline_image._CHANGES


def test_libraries_of_the_packages_are_placed_beside_them_and_tests_are_left_out() -> None:
    places = {
        str(place): source
        for distribution in build_pipeline_image.needed_distributions()
        for source, place in build_pipeline_image._package_files(distribution)
    }
    folders = {place.split("/")[2] for place in places}
    assert {"av", "cv2", "numpy", "confluent_kafka", "prometheus_client"} <= folders
    assert {"av.libs", "numpy.libs", "opencv_python_headless.libs", "confluent_kafka.libs"} <= folders
    assert not [place for place in places if "/tests/" in place or place.endswith((".pyi", ".xml"))]
    assert all(source.is_file() for source in places.values())
