"""The OpenAPI document, made to say what is true: the type of errors, and who needs the token."""

from collections.abc import Iterator

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import JsonValue

from emily.service.api.problem import MEDIA_TYPE

Document = dict[str, JsonValue]
PUBLIC = frozenset({"/health", "/ready"})
_BEARER: JsonValue = {"type": "http", "scheme": "bearer"}


def describe(app: FastAPI, *, token: bool) -> Document:
    """Return the document of an application; `token` tells whether one is demanded."""
    document: Document = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes
    )
    for path, operation in _operations(document):
        guarded = token and path not in PUBLIC
        responses = _table(operation["responses"])
        for status, response in responses.items():
            if int(status) >= 400:
                (body,) = _table(_table(response)["content"]).values()
                _table(response)["content"] = {MEDIA_TYPE: body}
        if guarded:
            operation["security"] = [{"token": []}]
        else:
            responses.pop("401", None)
    if token:
        _table(document["components"])["securitySchemes"] = {"token": _BEARER}
    return document


def _operations(document: Document) -> Iterator[tuple[str, Document]]:
    for path, item in _table(document["paths"]).items():
        for operation in _table(item).values():
            yield path, _table(operation)


def _table(value: JsonValue) -> Document:
    if not isinstance(value, dict):
        msg = f"expected an object in the OpenAPI document, not {value!r}"
        raise TypeError(msg)
    return value
