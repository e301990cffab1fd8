from tests.pipeline.conftest import clip, clip_dir, free_port, program, simulator, wait_until  # noqa: F401 - fixtures
