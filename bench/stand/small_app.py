"""In the place of the reference workload: it is ready, and each of its cameras has 15 frames more in every second, and counts."""

import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

CAMERAS = "SMALL_APP_CAMERAS"
"""The variable with the ids of its cameras, separated by commas."""
_FPS = 15
_LINES = ("entry", "exit", "gate", "dock")


def _answer(path: str) -> dict[str, Any]:
    if not path.endswith("/metrics"):
        return {"health-info": {"ds-ready": "YES"}}
    frames = int(_FPS * time.monotonic())
    cameras = os.environ[CAMERAS].split(",")
    counts = {"objects": 3, "lines_cumulative": dict.fromkeys(_LINES, frames // 100), "regions": {"yard": 2}}
    stats = [{"sensor_id": one, "fps": float(_FPS), "frame_number": frames, **counts} for one in cameras]
    return {"metrics-info": {"stream-count": len(cameras), "stream-stats": stats}}


class _Interface(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps({"status": "HTTP/1.1 200 OK", **_answer(self.path)}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


if __name__ == "__main__":
    port = int(sys.argv[sys.argv.index("--port") + 1])
    HTTPServer(("127.0.0.1", port), _Interface).serve_forever()
