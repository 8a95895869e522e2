"""What goes wrong while text in another language is written."""

from sovereign.errors import SovereignError


class TextError(SovereignError):
    """A value that cannot be written in the language; nothing was written in its place."""

    code = "TXT001"


class TemplateError(SovereignError):
    """A template that is missing, is wrong, or does not fit its view."""

    code = "TXT002"
