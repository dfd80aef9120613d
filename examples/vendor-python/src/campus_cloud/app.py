"""The HTTP API."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import JSONResponse, Response

from .bodies import DeviceCommand, EndpointRequest, EventCommand, MoveCommand, StatusCommand, read_body
from .catalogue import event_catalogue, manifest
from .delivery import Deliverer
from .destinations import Destinations
from .devices import Devices
from .endpoints import Endpoints
from .events import Publisher
from .listings import Caller, Listing, Listings, Sealer
from .moments import Clock
from .problems import Problem, invalid_parameter, unauthorized
from .settings import Settings
from .store import Store

_PARAMETERS = ("limit", "cursor", "org_id", "site_id", "system_id", "since", "after")


def create_app(settings: Settings, store: Store) -> FastAPI:
    """Serves the data of a store, and posts its events while the app runs."""
    clock = Clock()
    publisher = Publisher(store, clock)
    devices = Devices(store, clock, publisher)
    destinations = Destinations(allow_loopback=settings.sandbox)
    endpoints = Endpoints(store, clock, publisher, destinations, settings.master_key)
    sealer = Sealer(hmac.digest(settings.master_key, b"cursors", "sha256"), clock)
    listings = Listings(store, clock, sealer)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        deliverer = Deliverer(store, clock, endpoints, destinations, settings.retry_schedule)
        publisher.on_published, endpoints.on_deleted = deliverer.wake, deliverer.forget
        tasks = [asyncio.create_task(deliverer.run()), asyncio.create_task(clean_up())]
        yield
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def clean_up() -> None:
        while True:
            publisher.forget_old_events()
            listings.forget_old_tombstones()
            await asyncio.sleep(3600)

    async def caller_of(request: Request) -> Caller:
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        row = scheme.lower() == "bearer" and store.one(
            "SELECT * FROM credentials WHERE key_hash = ? AND NOT revoked", key_hash(key.strip())
        )
        if not row:
            raise unauthorized()
        return Caller(row["credential_id"], row["tenant"], bool(row["sandbox"]))

    async def sandbox_caller(request: Request) -> Caller:
        caller = await caller_of(request)
        if not settings.sandbox or not caller.sandbox:
            raise Problem(403, "forbidden", "Forbidden", "Only a sandbox tenant can change its devices.")
        return caller

    Authenticated = Annotated[Caller, Depends(caller_of)]
    InSandbox = Annotated[Caller, Depends(sandbox_caller)]
    app = FastAPI(lifespan=lifespan, openapi_url=None, redirect_slashes=False)
    app.add_middleware(GZipMiddleware, minimum_size=1024, compresslevel=5)

    @app.exception_handler(Problem)
    async def on_problem(_: Request, problem: Problem) -> Response:
        return problem.response()

    @app.exception_handler(HTTPException)
    async def on_http_error(_: Request, error: HTTPException) -> Response:
        code = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "invalid_request")
        response = Problem(error.status_code, code, str(error.detail)).response()
        response.headers.update(error.headers or {})
        return response

    @app.exception_handler(Exception)
    async def on_bug(_: Request, __: Exception) -> Response:
        return Problem(500, "internal_error", "Internal error", "Try again later.").response()

    @app.get("/.well-known/vendor-cloud")
    async def get_manifest() -> Response:
        return JSONResponse(manifest(settings.base_url, settings.sandbox, settings.retry_schedule))

    @app.get("/v1/event-catalog")
    async def get_event_catalogue(_: Authenticated) -> Response:
        return JSONResponse(event_catalogue())

    @app.get("/v1/orgs")
    async def list_orgs(request: Request, caller: Authenticated) -> Response:
        return page(request, listings.orgs(caller, query_of(request)))

    @app.get("/v1/sites")
    async def list_sites(request: Request, caller: Authenticated) -> Response:
        return page(request, listings.sites(caller, query_of(request)))

    @app.get("/v1/devices")
    async def list_devices(request: Request, caller: Authenticated) -> Response:
        return page(request, listings.devices(caller, query_of(request)))

    @app.get("/v1/devices/{device_id}")
    async def get_device(request: Request, device_id: str, caller: Authenticated) -> Response:
        etag = f'"{devices.version(caller.tenant, device_id)}"'
        return unless_same(request, etag, devices.record(caller.tenant, device_id))

    @app.get("/v1/events")
    async def list_events(request: Request, caller: Authenticated) -> Response:
        return page(request, listings.events(caller, query_of(request)))

    @app.post("/v1/webhook-endpoints")
    async def register_endpoint(request: Request, caller: Authenticated) -> Response:
        return JSONResponse(endpoints.register(caller, await read_body(request, EndpointRequest)), 201)

    @app.get("/v1/webhook-endpoints")
    async def list_endpoints(caller: Authenticated) -> Response:
        return JSONResponse(endpoints.registered_by(caller))

    @app.delete("/v1/webhook-endpoints/{endpoint_id}")
    async def delete_endpoint(endpoint_id: str, caller: Authenticated) -> Response:
        endpoints.delete(caller, endpoint_id)
        return Response(status_code=204)

    @app.post("/v1/webhook-endpoints/{endpoint_id}/rotate-secret")
    async def rotate_secret(endpoint_id: str, caller: Authenticated) -> Response:
        return JSONResponse(endpoints.rotate(caller, endpoint_id))

    @app.post("/v1/webhook-endpoints/{endpoint_id}/ping")
    async def ping(endpoint_id: str, caller: Authenticated) -> Response:
        return JSONResponse(endpoints.ping(caller, endpoint_id), 202)

    @app.post("/sandbox/devices/{device_id}/status")
    async def set_status(request: Request, device_id: str, caller: InSandbox) -> Response:
        devices.record(caller.tenant, device_id)
        command = await read_body(request, StatusCommand)
        return JSONResponse(devices.report_status(caller.tenant, device_id, command.status, command.status_reason))

    @app.post("/sandbox/devices/{device_id}/events")
    async def publish_event(request: Request, device_id: str, caller: InSandbox) -> Response:
        devices.record(caller.tenant, device_id)
        command = await read_body(request, EventCommand)
        event_id = devices.publish(caller.tenant, device_id, command.type, command.data or {})
        return JSONResponse({"event_id": event_id}, 202)

    @app.post("/sandbox/devices")
    async def add_device(request: Request, caller: InSandbox) -> Response:
        command = await read_body(request, DeviceCommand)
        return JSONResponse(devices.add(caller.tenant, command.site_id, command.type, command.name), 201)

    @app.post("/sandbox/devices/{device_id}/move")
    async def move_device(request: Request, device_id: str, caller: InSandbox) -> Response:
        devices.record(caller.tenant, device_id)
        command = await read_body(request, MoveCommand)
        return JSONResponse(devices.move(caller.tenant, device_id, command.site_id))

    @app.delete("/sandbox/devices/{device_id}")
    async def remove_device(device_id: str, caller: InSandbox) -> Response:
        devices.remove(caller.tenant, device_id)
        return Response(status_code=204)

    return app


def key_hash(key: str) -> str:
    """API keys are random, so a plain hash is enough to keep them out of the database."""
    return hashlib.sha256(key.encode()).hexdigest()


def query_of(request: Request) -> dict[str, str]:
    query = request.query_params
    for name in _PARAMETERS:
        if len(query.getlist(name)) > 1:
            raise invalid_parameter(f"{name}: Send this parameter once.")
    return {name: query[name] for name in _PARAMETERS if name in query}


def page(request: Request, listing: Listing) -> Response:
    return unless_same(request, listing.etag, listing.page)


def unless_same(request: Request, etag: str | None, body: dict) -> Response:
    """304 if the caller has this version already; ETags are compared without their weakness."""
    if etag is None:
        return JSONResponse(body)
    known = [tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")]
    if etag.removeprefix("W/") in known or "*" in known:
        return Response(status_code=304, headers={"etag": etag})
    return Response(json.dumps(body, ensure_ascii=False), headers={"etag": etag}, media_type="application/json")
