"""Who may write what: by what an object is, and by what it would be; and whose name is on it."""

from datetime import UTC, datetime
from pathlib import Path

from controller.access.access_file import AccessFile, binding_of
from controller.access.authentication import Openness
from controller.access.tokens import Token, digest_of, token_text
from controller.api.access_control import AccessControl, NoAccess
from controller.source.fetch.directory import DirectorySource
from controller.source.source_edit import SourceEdit, Written
from tests.api.two_sites import Audit
from tests.writing.served import CAMERAS, INSTANCES, served

BINDINGS = {
    "viewer": binding_of("viewer"),
    "hanoi": binding_of("operator", "site=hanoi"),
    "operator": binding_of("operator"),
    "admin": binding_of("admin"),
}
SECRETS = {name: token_text(bytes([i]) * 4, bytes([i]) * 32) for i, name in enumerate(BINDINGS)}


class Noting(DirectorySource):
    """A directory that notes who wrote."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.authors: list[str] = []

    async def write(self, edit: SourceEdit) -> Written:
        self.authors.append(edit.author)
        return await super().write(edit)


def test_who_may_write_what(directory: Path) -> None:
    made = datetime(2026, 3, 1, tzinfo=UTC)
    tokens = [
        Token(SECRETS[name][6:14], name, digest_of(SECRETS[name]), one, made, None) for name, one in BINDINGS.items()
    ]
    known, audit, source = NoAccess(), Audit(), Noting(directory)
    known.current = AccessFile(tuple(tokens))
    access = AccessControl(known, audit, Openness())
    with served(source, access=access, token=SECRETS["admin"]) as fleet:

        def patch(who: str, path: str, patch: object) -> int:
            return fleet.patch(path, patch, headers={"authorization": f"Bearer {SECRETS[who]}"}).status_code

        wider = {"spec": {"width": 640}}
        assert [patch(who, f"{CAMERAS}/lobby", wider) for who in BINDINGS] == [403, 200, 200, 200]
        assert [patch(who, f"{CAMERAS}/gate", wider) for who in ("viewer", "hanoi")] == [403, 403]
        # Neither out of what he has, nor anything into it.
        assert patch("hanoi", f"{CAMERAS}/lobby", {"metadata": {"labels": {"site": "hue"}}}) == 403
        assert patch("hanoi", f"{CAMERAS}/lobby", {"metadata": {"labels": {"floor": "1"}}}) == 200
        assert source.authors == ["hanoi", "hanoi"]
        assert [(line.verb, line.code) for line in audit.lines][-1] == ("patch", 200)
        assert audit.lines[-1].revision.startswith("sha256:")
        parked = fleet.patch(f"{INSTANCES}/faces", {"spec": {"cameras": []}})
        approve = {"dsfleet.io/approve": parked.json()["details"]["revision"]}
        approved = {"spec": {"cameras": []}, "metadata": {"annotations": approve}}
        assert [patch(who, f"{INSTANCES}/faces", approved) for who in ("operator", "admin")] == [403, 200]
