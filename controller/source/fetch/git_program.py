"""Runs the `git` program: with a time limit, without prompts, without options that came from a manifest or a user."""

import base64
import os
import re
import signal
import subprocess
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final
from urllib.parse import unquote, urlsplit, urlunsplit

from controller.source.fetch.snapshot import SourceError

QUICK_SECONDS: Final = 30.0
FETCH_SECONDS: Final = 120.0

# Names of refs and expressions such as HEAD~2, v1.0^{}, main@{1}: nothing that begins like an option.
_REF = re.compile(r"(?!.*\.\.)[A-Za-z0-9_@][A-Za-z0-9._/@{}~^+-]{0,250}")
# Up to the last "@" before a blank: a password may hold "/" or "@" that nobody escaped.
_USER_INFO = re.compile(r"(?<![\w+.-])([\w+.-]+://)\S*@")
# What a user sets to reach a remote. Everything else that begins with GIT_ would point git at another repository: hooks
# set GIT_DIR and its like.
_KEPT: Final = (
    "GIT_SSH",
    "GIT_SSH_COMMAND",
    "GIT_SSL_CAINFO",
    "GIT_SSL_CAPATH",
    "GIT_SSL_NO_VERIFY",
    "GIT_CONFIG_GLOBAL",
)


_DURABLE: Final = {"core.fsync": "committed,reference"}
"""By default git leaves a new commit, and the branch that names it, to the next minute: a power cut leaves a branch of zeros. Of git
2.36 and later; https://git-scm.com/docs/git-config#Documentation/git-config.txt-corefsync."""


def checked_ref(ref: str) -> str:
    """The name of a ref, when it can be one.

    Raises:
        SourceError: it cannot.
    """
    if not _REF.fullmatch(ref):
        raise SourceError(f"{ref!r} is no name of a branch, a tag or a commit")
    return ref


def without_user_info(text: str) -> str:
    """The text with the user names and passwords of its URLs replaced by `***`."""
    return _USER_INFO.sub(r"\1***@", text)


def split_credentials(url: str) -> tuple[str, dict[str, str]]:
    """A URL without its password, and the settings of git that carry it.

    A password in an argument would be seen by every user of the machine, and one in a URL is written to disk by git.

    Args:
        url: of a remote repository.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or "@" not in parts.netloc:
        return url, {}
    user_info, _, host = parts.netloc.rpartition("@")
    bare = urlunsplit(parts._replace(netloc=host))
    user, _, password = user_info.partition(":")
    token = base64.b64encode(f"{unquote(user)}:{unquote(password)}".encode()).decode()
    return bare, {"http.extraHeader": f"Authorization: Basic {token}"}


class GitError(SourceError):
    """A git command ended with a failure."""

    def __init__(self, message: str, output: bytes) -> None:
        super().__init__(message)
        self.output = output
        """What it had said on its standard output until then."""


class Git:
    """The `git` program, working on one repository.

    Args:
        directory: of the repository, bare or not.
        settings: of git, as `section.key`, for this repository only.
    """

    def __init__(self, directory: str, settings: Mapping[str, str] | None = None) -> None:
        self._directory = directory
        self._environment = _environment(_DURABLE | dict(settings or {}))
        self._running: subprocess.Popen[bytes] | None = None

    def run(
        self,
        arguments: Sequence[str],
        *,
        given: bytes = b"",
        timeout: float = QUICK_SECONDS,
        variables: Mapping[str, str] = MappingProxyType({}),
    ) -> bytes:
        """The output of a git command.

        Args:
            arguments: the command and its arguments.
            given: its standard input.
            timeout: seconds until it is killed, with all that it started.
            variables: of its environment, besides those that all have.

        Raises:
            GitError: it ends with a failure.
            SourceError: git is not there, fails, or takes too long; the message holds no password.
        """
        try:
            process = subprocess.Popen(  # noqa: S603 - no shell; options end before names of refs
                ["git", "-C", self._directory, *arguments],  # noqa: S607 - by name, as the user's PATH has it
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={**self._environment, **variables},
                start_new_session=True,
            )
        except FileNotFoundError:
            raise SourceError("the program git is not installed") from None
        except OSError as error:
            raise SourceError(f"git cannot be started: {error.strerror}") from None
        self._running = process
        try:
            output, complaint = process.communicate(given, timeout=timeout)
        except subprocess.TimeoutExpired:
            self.stop()
            process.communicate()
            raise SourceError(f"git {arguments[0]} took longer than {timeout:g} s") from None
        finally:
            self._running = None
        if process.returncode != 0:
            raise GitError(_last_words(complaint) or f"git {arguments[0]} ended with {process.returncode}", output)
        return output

    def stop(self) -> None:
        """Kills what is running, so that a thread that waits for it goes on."""
        process = self._running
        if process is not None and process.poll() is None:
            # Its children (ssh, git-remote-https) are in its session; killing git alone would leave them.
            os.killpg(process.pid, signal.SIGKILL)


def _environment(settings: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_") or name in _KEPT}
    count = {"GIT_CONFIG_COUNT": str(len(settings))}
    for index, (key, value) in enumerate(settings.items()):
        count |= {f"GIT_CONFIG_KEY_{index}": key, f"GIT_CONFIG_VALUE_{index}": value}
    return {
        "GIT_SSH_COMMAND": "ssh -oBatchMode=yes",
        **kept,
        **count,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "true",
        "SSH_ASKPASS_REQUIRE": "never",
        "GIT_PAGER": "cat",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_ALLOW_PROTOCOL": "file:git:http:https:ssh",
        "LC_ALL": "C.UTF-8",
    }


def _last_words(complaint: bytes) -> str:
    lines = [line.strip() for line in complaint.decode("utf-8", "replace").splitlines() if line.strip()]
    told = [line for line in lines if line.startswith(("fatal:", "error:"))] or lines[-1:]
    text = without_user_info("; ".join(told[:2]).removeprefix("fatal: "))
    return "".join(one if one.isprintable() else " " for one in text)
