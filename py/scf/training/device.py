"""Where a recipe computes. What is drawn at random and what is kept is on the CPU, whatever the device."""

import os
from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor

from scf.training.task import RecipeError

Choice = Literal["auto", "cpu", "cuda"]


def chosen(device: Choice) -> torch.device:
    """The device that a job asks for; `auto` is CUDA where there is one. Raises RecipeError."""
    there = device != "cpu" and torch.cuda.is_available()
    if device == "cuda" and not there:
        raise RecipeError("no CUDA device is here", hint='say device = "auto" or "cpu"')
    if not there:
        return torch.device("cpu")
    # without it cuBLAS may add in another order each time, and torch refuses to multiply
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    return torch.device("cuda")


def measuring(device: Choice) -> torch.device:
    """The device that figures are computed on again: `cuda` is used where there is one."""
    return chosen("auto" if device == "cuda" else device)


def normal(size: Sequence[int], generator: torch.Generator, device: torch.device) -> Tensor:
    """Standard normal numbers, the same on every device."""
    return torch.randn(size, generator=generator).to(device)
