"""A device beside the CPU, pretended: who forgets to move a tensor there, or back, fails as on CUDA.

Its tensors are the CPU's, known by their storage; so it computes what the CPU computes, to the bit.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import torch
from torch import Tensor
from torch.multiprocessing.reductions import StorageWeakRef
from torch.overrides import TorchFunctionMode, resolve_name
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

CUDA, CPU = torch.device("cuda"), torch.device("cpu")
HOST_ONLY = {Tensor.numpy, Tensor.__array__}
DEVICE_OF = Tensor.device.__get__
PARSED = torch._C._nn._parse_to
# an output that nothing depends on has a slope of zeros, which autograd makes where the output is
ZEROS = torch.ops.aten.zeros.default
ACROSS = {torch.ops.aten.copy_.default}


class Device:
    """The storages that are on the device, and how often each operation ran on it and off it."""

    def __init__(self) -> None:
        # a weak reference keeps a storage's address from being used again
        self._storages: set[StorageWeakRef] = set()
        self.on: Counter[str] = Counter()
        self.off: Counter[str] = Counter()
        self.going_back = False

    def holds(self, tensor: Tensor) -> bool:
        return StorageWeakRef(tensor.untyped_storage()) in self._storages

    def give(self, tensor: Tensor) -> Tensor:
        """A copy on the CPU."""
        copy = tensor.clone()
        self._storages.discard(StorageWeakRef(copy.untyped_storage()))
        return copy

    def take(self, found: object) -> None:
        for each in tree_leaves(found):
            if isinstance(each, Tensor):
                self._storages.add(StorageWeakRef(each.untyped_storage()))


def wanted(args, kwargs) -> torch.device | None:
    """The device that a call names."""
    named = [each for each in (*args, *kwargs.values()) if isinstance(each, torch.device)]
    return named[0] if named else None


class Calls(TorchFunctionMode):
    """What Python sees of a device."""

    def __init__(self, device: Device) -> None:
        super().__init__()
        self.device = device

    def __torch_function__(self, func, types, args=(), kwargs=None):
        del types
        kwargs, device = kwargs or {}, self.device
        tensor = args[0] if args and isinstance(args[0], Tensor) else None
        there = tensor is not None and device.holds(tensor)
        if func == DEVICE_OF:
            return CUDA if there else CPU
        if func in HOST_ONLY and there:
            raise TypeError(f"{resolve_name(func)}: the tensor is on the device")
        if func is Tensor.cpu:
            return device.give(tensor) if there else tensor
        target = None if func is PARSED else wanted(args, kwargs)
        if target is not None:
            args = tuple(CPU if each is target else each for each in args)
            kwargs = {key: CPU if each is target else each for key, each in kwargs.items()}
            if target == CUDA and isinstance(kwargs.get("generator"), torch.Generator):
                raise RuntimeError("the generator is the CPU's")
        device.going_back = func is torch.autograd.backward
        found = func(*args, **kwargs)
        device.going_back = False
        if target == CUDA and not (isinstance(found, Tensor) and device.holds(found)):
            found = found.clone() if found is tensor else found
            device.take(found)
        elif func is Tensor.new_tensor and there:
            device.take(found)
        return found


class Operations(TorchDispatchMode):
    """What a device computes: nothing with tensors that are elsewhere, but single numbers."""

    def __init__(self, device: Device) -> None:
        super().__init__()
        self.device = device

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        del types
        device, kwargs = self.device, kwargs or {}
        tensors = [each for each in tree_leaves((args, kwargs)) if isinstance(each, Tensor)]
        there = [each for each in tensors if device.holds(each)]
        (device.on if there else device.off)[func.overloadpacket.__name__] += 1
        found = func(*args, **kwargs)
        if there and func not in ACROSS:
            elsewhere = [each for each in tensors if each.dim() and not device.holds(each)]
            assert not elsewhere, f"{func}: one tensor is on the device, another is not"
            device.take(found)
        elif func is ZEROS and device.going_back:
            device.take(found)
        return found


@contextmanager
def pretended(patch: pytest.MonkeyPatch) -> Iterator[Device]:
    """A machine with a CUDA device, as long as this lasts."""
    device = Device()
    with patch.context() as here, Operations(device), Calls(device):
        here.setattr(torch.cuda, "is_available", lambda: True)
        here.setenv("CUBLAS_WORKSPACE_CONFIG", ":16:8")
        yield device
