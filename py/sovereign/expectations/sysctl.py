"""What the kernel was told."""

from typing import Literal

from sovereign.expectations.base import Expectation


class Sysctl(Expectation):
    """A kernel setting, its value with single spaces."""

    type: Literal["sysctl"] = "sysctl"
    name: str
    value: str

    @property
    def subject(self) -> str:
        """Return its name."""
        return self.name


class KernelParameter(Expectation):
    """A word of the kernel's command line."""

    type: Literal["kernel-parameter"] = "kernel-parameter"
    parameter: str

    @property
    def subject(self) -> str:
        """Return the word."""
        return self.parameter


class KernelModule(Expectation):
    """A module that is loaded or built in."""

    type: Literal["kernel-module"] = "kernel-module"
    name: str

    @property
    def subject(self) -> str:
        """Return its name."""
        return self.name
