"""Where people look at a repository with a browser. Pure."""

import re
from urllib.parse import quote, urlsplit

_SCP = re.compile(r"(?:[^@/]+@)?(?P<host>[A-Za-z0-9.-]+):(?P<path>[^/].*)")


def pull_request_url(repository: str, target: str, branch: str) -> str:
    """The page that opens a pull request; empty where it is not known which server this is.

    GitHub: https://docs.github.com/en/pull-requests (compare pages); GitLab:
    https://docs.gitlab.com/user/project/merge_requests/creating_merge_requests; Gitea and Forgejo have GitHub's form.

    Args:
        repository: its URL, or `host:path`.
        target: the branch that is to take the change over.
        branch: the branch that holds it.
    """
    if "://" in repository:
        parts = urlsplit(repository)
        host, path = parts.hostname or "", parts.path
    elif found := _SCP.fullmatch(repository):
        host, path = found["host"], found["path"]
    else:
        return ""
    path = quote(path.strip("/").removesuffix(".git"), safe="/~")
    page = f"https://{host}/{path}"
    if not host or not path:
        return ""
    if "gitlab" in host:
        wanted = {"source_branch": branch, "target_branch": target}
        query = "&".join(f"merge_request%5B{name}%5D={quote(value, safe='')}" for name, value in wanted.items())
        return f"{page}/-/merge_requests/new?{query}"
    if any(word in host for word in ("github", "gitea", "forgejo", "codeberg")):
        return f"{page}/compare/{quote(target)}...{quote(branch)}?expand=1"
    return ""
