"""Text in other languages than Python: how a value is quoted there, and templates that quote it."""
