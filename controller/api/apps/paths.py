"""The paths of `apps/v1`: Deployments and ReplicaSets, which are instances and their versions in another form."""

from collections.abc import Iterable
from typing import Protocol

from fastapi import Request
from fastapi.responses import Response

from controller.api.apps.deployment import deployment_of
from controller.api.apps.edits import asked_of_instance
from controller.api.apps.replica_set import replica_set_of, replica_sets_of
from controller.api.apps.scale_paths import ScalePaths
from controller.api.apps.view_writes import INSTANCES, AsInstance, Change, ViewWrites
from controller.api.apps.words import INSTANCE_LABEL, NAMESPACE, Document
from controller.api.apps_resources import DEPLOYMENTS, REPLICA_SETS, instance_of_set
from controller.api.errors import ApiError, manifests_only, not_allowed, not_found
from controller.api.facade_store import Facade, FacadeCursor, FacadeStore
from controller.api.object_answers import ObjectAnswers
from controller.api.refusing_route import RefusingRoute
from controller.api.routing import Router
from controller.api.selection import equal_label
from controller.history.version import Newest, Version
from controller.model import ObjectRef
from controller.picture.store import ObjectStore, Stored
from crds.alike import AlikeTexts


class Versions(Protocol):
    """Who knows earlier versions of instances: `controller.history.keeper.VersionKeeper`."""

    def newest(self, instance: str) -> Newest | None:
        """Number and key of the version that was kept last."""
        ...

    async def of(self, instance: str) -> tuple[Version, ...]:
        """Those that are kept, from the oldest to the newest; raises OSError when they cannot be read."""
        ...


class NoVersions:
    """Nothing is remembered."""

    def newest(self, _instance: str) -> Newest | None:
        """None."""
        return None

    async def of(self, _instance: str) -> tuple[Version, ...]:
        """None."""
        return ()


class AppsPaths:
    """Answers requests for them."""

    def __init__(
        self,
        objects: ObjectStore,
        versions: Versions,
        answers: ObjectAnswers,
        writes: ViewWrites | None,
        scales: ScalePaths,
    ) -> None:
        """Shows what is in the store.

        Args:
            objects: ours.
            versions: what is remembered of them.
            answers: makes the answers of all paths that show objects.
            writes: makes what is asked of instances; None: they are only read.
            scales: answers for their Scales.
        """
        self._objects = objects
        self._versions = versions
        self._answers = answers
        self._writes = writes
        self._store = FacadeStore(
            objects,
            (
                Facade(DEPLOYMENTS.kind, INSTANCES.kind, self._deployment),
                Facade(REPLICA_SETS.kind, INSTANCES.kind, self._replica_set),
            ),
        )
        self._texts = AlikeTexts()
        self.router = Router()
        in_namespace = f"{DEPLOYMENTS.path}/namespaces/{{namespace}}"
        deployments, sets = f"{in_namespace}/{DEPLOYMENTS.plural}", f"{in_namespace}/{REPLICA_SETS.plural}"
        for path, method, endpoint in (
            (f"{DEPLOYMENTS.path}/{DEPLOYMENTS.plural}", "GET", self._all_deployments),
            (deployments, "GET", self._deployments),
            (f"{deployments}/{{name}}", "GET", self._get_deployment),
            (f"{deployments}/{{name}}/status", "GET", self._get_deployment),
            (f"{deployments}/{{name}}", "PUT", self._update),
            (f"{deployments}/{{name}}", "PATCH", self._patch),
            (f"{DEPLOYMENTS.path}/{REPLICA_SETS.plural}", "GET", self._all_sets),
            (sets, "GET", self._sets),
            (f"{sets}/{{name}}", "GET", self._get_set),
        ):
            self.router.add(path, endpoint, method)
        for path, method in ((deployments, "POST"), (deployments, "DELETE"), (f"{deployments}/{{name}}", "DELETE")):
            self.router.add(path, self._refuse, method, route=RefusingRoute)
        scales.add(f"{deployments}/{{name}}/scale", DEPLOYMENTS)

    async def _refuse(self, request: Request) -> Response:
        told = "Deployments are instances in another form: make or delete the instance, as with `kubectl apply -f` of a DsInstance, or `kubectl delete ds NAME`"
        is_one = "name" in request.path_params
        raise not_allowed(told, allowed=("GET", "PATCH", "PUT") if is_one else ("GET",))

    async def _all_deployments(self, request: Request) -> Response:
        return self._answers.list(request, DEPLOYMENTS, self._store)

    async def _deployments(self, request: Request, namespace: str) -> Response:
        return self._answers.list(request, DEPLOYMENTS, self._store, namespace)

    async def _get_deployment(self, request: Request, namespace: str, name: str) -> Response:
        found = self._store.get(DEPLOYMENTS.kind, name) if namespace == NAMESPACE else None
        return self._answers.one(request, DEPLOYMENTS, self._store, found, name)

    async def _all_sets(self, request: Request) -> Response:
        return await self._list_sets(request, None)

    async def _sets(self, request: Request, namespace: str) -> Response:
        return await self._list_sets(request, namespace)

    async def _list_sets(self, request: Request, namespace: str | None) -> Response:
        """Those in force; of one instance, when the selector names it, those that are remembered too."""
        name = equal_label(request.query_params.get("labelSelector", ""), INSTANCE_LABEL)
        instance = self._objects.get(INSTANCES.kind, name) if name else None
        if instance is None:
            return self._answers.list(request, REPLICA_SETS, self._store, namespace)
        shown = SetsOf(self._store, tuple(await self._all_of(instance)))
        return self._answers.list(request, REPLICA_SETS, shown, namespace)

    async def _get_set(self, request: Request, namespace: str, name: str) -> Response:
        instance = self._objects.get(INSTANCES.kind, instance_of_set(name)) if namespace == NAMESPACE else None
        some = await self._all_of(instance) if instance is not None else ()
        found = next((one for one in some if one.document["metadata"]["name"] == name), None)
        return self._answers.one(request, REPLICA_SETS, self._store, found, name)

    async def _update(self, request: Request, namespace: str, name: str) -> Response:
        writes, as_instance = await self._writing(request, namespace, name)
        return await writes.update(request, DEPLOYMENTS, name, as_instance, self._deployment)

    async def _patch(self, request: Request, namespace: str, name: str) -> Response:
        writes, as_instance = await self._writing(request, namespace, name)
        return await writes.patch(request, DEPLOYMENTS, name, as_instance, self._deployment)

    async def _writing(self, request: Request, namespace: str, name: str) -> tuple[ViewWrites, AsInstance]:
        if namespace != NAMESPACE:
            raise not_found(DEPLOYMENTS.plural, DEPLOYMENTS.group, name)
        if self._writes is None:
            raise manifests_only(str(request.scope["path"]))
        versions = {one.key: one for one in await self._kept(name)}

        def as_instance(ref: ObjectRef, change: Change) -> Change:
            def make(current: Document) -> Document:
                newest = self._versions.newest(name)
                return asked_of_instance(ref, current, newest, versions, change(deployment_of(current, newest)))

            return make

        return self._writes, as_instance

    async def _all_of(self, instance: Stored) -> Iterable[Stored]:
        """The ReplicaSets of an instance."""
        document = instance.document
        name = document["metadata"]["name"]
        kept = await self._kept(name)
        sets = replica_sets_of(document, self._versions.newest(name), kept)
        return (instance.in_form(self._texts.pack_value(one), self._texts) for one in sets)

    async def _kept(self, name: str) -> tuple[Version, ...]:
        try:
            return await self._versions.of(name)
        except OSError as error:
            raise ApiError(503, "ServiceUnavailable", f"its versions cannot be read now: {error.strerror}") from None

    def _deployment(self, document: Document) -> Document:
        return deployment_of(document, self._versions.newest(document["metadata"]["name"]))

    def _replica_set(self, document: Document) -> Document:
        return replica_set_of(document, self._versions.newest(document["metadata"]["name"]))


class SetsOf:
    """The ReplicaSets of one instance. What is watched of them is which one is in force."""

    def __init__(self, store: FacadeStore, sets: tuple[Stored, ...]) -> None:
        """Holds these."""
        self._store = store
        self._sets = sets

    @property
    def version(self) -> int:
        """See `FacadeStore`."""
        return self._store.version

    @property
    def ended(self) -> bool:
        """See `FacadeStore`."""
        return self._store.ended

    def objects(self, _kind: str) -> tuple[Stored, ...]:
        """All of them."""
        return self._sets

    def get(self, kind: str, name: str) -> Stored | None:
        """See `FacadeStore`."""
        return self._store.get(kind, name)

    def cursor(self, kind: str, after: int | None = None) -> FacadeCursor:
        """See `FacadeStore`."""
        return self._store.cursor(kind, after)
