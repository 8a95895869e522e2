"""The HTTP API: the loop's state, questions to cognition, and the page that shows it all."""

from emily.service.api.app import create_app

__all__ = ["create_app"]
