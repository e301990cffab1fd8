from tests.pipeline.conftest import clip, clip_dir, program, simulator  # noqa: F401 - fixtures
