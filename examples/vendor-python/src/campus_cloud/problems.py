"""Errors of the API: RFC 9457 problems with a stable code."""

from starlette.responses import JSONResponse


class Problem(Exception):
    """Raised anywhere below a route; the app turns it into the response."""

    def __init__(self, status: int, code: str, title: str, detail: str | None = None, **headers: str) -> None:
        super().__init__(title)
        self.status, self.code, self.title, self.detail = status, code, title, detail
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}

    def response(self) -> JSONResponse:
        body = {"type": "about:blank", "title": self.title, "status": self.status, "code": self.code}
        if self.detail:
            body["detail"] = self.detail
        return JSONResponse(body, self.status, self.headers, media_type="application/problem+json")


def invalid_body(detail: str) -> Problem:
    return Problem(400, "invalid_body", "Invalid body", detail)


def invalid_parameter(detail: str) -> Problem:
    return Problem(400, "invalid_parameter", "Invalid parameter", detail)


def unauthorized() -> Problem:
    return Problem(
        401,
        "unauthorized",
        "Unauthorized",
        "Send the API key that you were given as Authorization: Bearer.",
        WWW_Authenticate='Bearer realm="campus"',
    )


def unknown(kind: str) -> Problem:
    """The answer for an object that does not exist, and for one that the caller may not see."""
    return Problem(404, f"unknown_{kind}", f"Unknown {kind}", f"No {kind} with this id is visible to this credential.")


def unreachable() -> Problem:
    return Problem(
        409,
        "device_unreachable",
        "Device unreachable",
        "The cloud cannot hear from this device now. Bring the device or its connector back first.",
    )
