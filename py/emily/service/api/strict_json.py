"""Requests whose body is JSON as RFC 8259 has it, of finite numbers, and not of many values."""

import json
from collections.abc import Callable, Coroutine
from typing import Annotated

from fastapi import HTTPException, Request, Response
from fastapi.routing import APIRoute
from pydantic import BeforeValidator, Field, JsonValue
from pydantic_core import from_json

Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
"""A finite number, and not text or a truth value that could be read as one."""


def _no_text_or_truth(value: JsonValue) -> JsonValue:
    if isinstance(value, bool | str):
        msg = "expected a whole number"
        raise ValueError(msg)
    return value


WHOLE = BeforeValidator(_no_text_or_truth)
"""Makes an int a whole number as JSON Schema has it: 5.0 is one, "5" is none."""


MAX_VALUES = 1200
"""Values of a body: what is wrong with each would be told, which takes time."""


class _StrictRequest(Request):
    async def json(self) -> JsonValue:
        body = await self.body()
        try:
            parsed: JsonValue = from_json(body, allow_inf_nan=False)
        except ValueError as error:
            raise json.JSONDecodeError(str(error), "", 0) from None
        if _more_than(MAX_VALUES, parsed):
            raise HTTPException(422, f"the body holds more than {MAX_VALUES} values")
        return parsed


class StrictRoute(APIRoute):
    """A route that reads its body so."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[None, None, Response]]:
        """Return the handler, which gets the stricter request."""
        handle = super().get_route_handler()

        async def strictly(request: Request) -> Response:
            return await handle(_StrictRequest(request.scope, request.receive))

        return strictly


def _more_than(limit: int, document: JsonValue) -> bool:
    count, rest = 0, [document]
    while rest and count <= limit:
        value = rest.pop()
        if isinstance(value, dict | list):
            count += len(value)
            if count <= limit:
                rest.extend(value.values() if isinstance(value, dict) else value)
    return count > limit
