"""What the API answers when it cannot do what was asked: one Problem (RFC 9457) for every error."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Literal

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from emily.contracts.base import Contract

MEDIA_TYPE = "application/problem+json"
_MOST_FAULTS = 16
_LONGEST = 200

_MEANINGS = {
    401: "The token is missing or wrong; it is demanded where one is configured.",
    408: "The body did not come in time.",
    413: "The body is longer than 256 KiB.",
    421: "The Host header names another host than this one.",
    422: "The request cannot be understood, or cannot be done.",
    503: "It cannot be done now; with Retry-After, asking again may help.",
}


class Fault(Contract):
    """One thing that is wrong with a request: where, and what is expected."""

    pointer: str
    detail: str


class Problem(Contract):
    """Why a request was not answered."""

    type: Literal["about:blank"] = "about:blank"
    title: str
    status: int
    detail: str
    errors: tuple[Fault, ...] = ()


class ProblemError(Exception):
    """An error that the client is told."""

    def __init__(self, status: int, detail: str, *, retry_after_s: int | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = {} if retry_after_s is None else {"Retry-After": str(retry_after_s)}


def answer(
    status: int,
    detail: str,
    *,
    errors: tuple[Fault, ...] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return a Problem as a response."""
    title = HTTPStatus(status).phrase
    problem = Problem(title=title, status=status, detail=detail, errors=errors)
    return Response(problem.model_dump_json(), status, headers, MEDIA_TYPE)


def declared(*statuses: int) -> dict[int | str, dict[str, object]]:
    """Return the declaration, for OpenAPI, of the errors that a route can answer."""
    common = (401, 421)
    return {
        status: {"model": Problem, "description": _MEANINGS[status]}
        for status in sorted({*common, *statuses})
    }


async def tell(_: Request, error: Exception) -> Response:
    """Answer a ProblemError."""
    if not isinstance(error, ProblemError):
        raise error
    return answer(error.status, error.detail, headers=error.headers)


async def tell_http(_: Request, error: Exception) -> Response:
    """Answer what the framework refused: an unknown path, a method that is not allowed."""
    if not isinstance(error, HTTPException):
        raise error
    return answer(error.status_code, str(error.detail), headers=error.headers)


async def tell_invalid(_: Request, error: Exception) -> Response:
    """Answer a request that is not valid, without repeating its input, which JSON may not hold."""
    if not isinstance(error, RequestValidationError):
        raise error
    faults = tuple(
        Fault(
            pointer="/" + "/".join(str(part)[:_LONGEST] for part in one["loc"]),
            detail=str(one["msg"]).removeprefix("Value error, ")[:_LONGEST],
        )
        for one in error.errors()[:_MOST_FAULTS]
    )
    said = faults[0] if faults else Fault(pointer="/", detail="the request is not valid")
    return answer(422, f"{said.pointer}: {said.detail}", errors=faults)
