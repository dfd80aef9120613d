"""The bodies of calls, as pydantic models. Unknown members are allowed and ignored."""

import json
import math
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request

from .problems import Problem, invalid_body

MAX_BODY = 64 * 1024

Id = Annotated[str, Field(min_length=1, max_length=256)]
Term = Annotated[str, Field(min_length=1, max_length=64)]
Text = Annotated[str, Field(max_length=256)]


class Body(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")


class StatusCommand(Body):
    status: Literal["online", "degraded", "offline", "unknown"]
    status_reason: Text | None = None


class EventCommand(Body):
    type: Id
    data: dict | None = None


class DeviceCommand(Body):
    site_id: Id
    type: Term
    name: Annotated[str, Field(min_length=1, max_length=512)]


class MoveCommand(Body):
    site_id: Id


class EndpointRequest(Body):
    url: Annotated[str, Field(min_length=1, max_length=2048)]
    org_id: Id | None = None
    event_types: list[Id] | None = None


class EventData(BaseModel):
    """The members that an `events` command may give. Other members go into the event as they are."""

    model_config = ConfigDict(strict=True, extra="allow")


class StatusData(EventData):
    status: Literal["online", "degraded", "offline", "unknown"] | None = None


class AlarmData(EventData):
    alarm_id: Id | None = None
    alarm_type: Term | None = None
    severity: Term | None = None
    zone: Text | None = None
    description: Annotated[str, Field(max_length=2048)] | None = None
    vendor_type: Text | None = None
    raised_event_id: Annotated[str, Field(pattern=r"^[\x21-\x2d\x2f-\x7e]{1,256}$")] | None = None


class TroubleData(EventData):
    trouble_id: Id | None = None
    trouble_type: Term | None = None
    severity: Term | None = None
    description: Annotated[str, Field(max_length=2048)] | None = None
    vendor_type: Text | None = None


class AccessMember(EventData):
    """Other members are dropped, so that no card number or PIN gets into an event."""

    model_config = ConfigDict(extra="ignore")


class Person(AccessMember):
    person_id: Id
    name: Annotated[str, Field(max_length=512)] | None = None


class Credential(AccessMember):
    credential_id: Id
    kind: Term | None = None
    label: Text | None = None


class AccessData(AccessMember):
    reader_device_id: Id | None = None
    person: Person | None = None
    credential: Credential | None = None
    direction: Term | None = None
    reason: Term | None = None
    vendor_reason: Text | None = None


class DoorData(EventData):
    held_for_seconds: Annotated[float, Field(ge=0)] | None = None
    previous_state: Term | None = None


class VideoData(EventData):
    recorder_device_id: Id | None = None
    stream_id: Id | None = None
    reason: Text | None = None


class StorageData(EventData):
    volume_id: Id | None = None
    reason: Text | None = None
    used_percent: Annotated[float, Field(ge=0, le=100)] | None = None


class ConnectorData(EventData):
    reason: Text | None = None


EVENT_DATA: dict[str, type[EventData]] = {
    "health": StatusData,
    "alarm": AlarmData,
    "trouble": TroubleData,
    "access": AccessData,
    "door": DoorData,
    "video": VideoData,
    "storage": StorageData,
    "connector": ConnectorData,
}

Model = TypeVar("Model", bound=BaseModel)


def validated(model: type[Model], value: object) -> Model:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        raise invalid_body(f"/{'/'.join(map(str, first['loc']))}: {first['msg']}.") from None


async def read_body(request: Request, model: type[Model]) -> Model:
    """Reads a JSON body of at most 64 KiB. Raises the problem that says what is wrong with it."""
    media_type = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise Problem(415, "unsupported_media_type", "Unsupported media type", "Send application/json.")
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > MAX_BODY:
            raise Problem(413, "payload_too_large", "Body too large", "A body has at most 64 KiB.")
    return validated(model, parse_json(bytes(raw)))


def parse_json(raw: bytes) -> object:
    """Like json.loads, but refuses what cannot be written again: NaN, 1e999, half a surrogate pair."""
    try:
        value = json.loads(raw.decode("utf-8"), parse_constant=_refuse, parse_float=_finite)
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError):
        raise Problem(400, "malformed_body", "Malformed body", "The body is not JSON in UTF-8.") from None
    return value


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number
