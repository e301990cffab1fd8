from tests.pipeline.conftest import free_port, wait_until  # noqa: F401 - fixtures
