"""The trainer's side: a step's parts go to whichever workers there are, and come back in their order.

A part that is not answered goes to another worker, and at last to this process: who computed it
does not show. Workers that die are restarted by Ray, on another node if theirs is gone, and get parts
again once they have shown that they compute as this process does.
"""

import logging
import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import cast

import ray
import torch
from ray.actor import ActorHandle
from ray.exceptions import ActorUnavailableError, ObjectLostError, RayError
from torch import Tensor

from scf.energy.estimate import WATTS_PER_CORE, EstimateMeter
from scf.energy.reading import Reading
from scf.training.ebdm.config import Config
from scf.training.ebdm.parts import Part, slope_of
from scf.training.ebdm.state import State
from scf.training.task import Beat
from scf.worker.ray.slope import Answer, Common, Own, Slope, kind

LOG = logging.getLogger("scf")
_TICK = 0.5
"""Seconds between two signs of life while nothing is answered."""
_PATIENCE = 30.0
"""Seconds without an answer from any worker, after which this process computes too."""
_LATE = 30.0
"""Seconds after which a part is given to another."""

Worker = ActorHandle[Slope]
Ref = ray.ObjectRef[object]


class ClusterMeter:
    """An estimate from the processor time of this process and of what the workers say they took."""

    def __init__(self) -> None:
        self._here = EstimateMeter()
        self.there = 0.0
        """Seconds."""

    def read(self) -> Reading:
        """The energy since it was made; never a measurement."""
        return Reading(self._here.read().joules + self.there * WATTS_PER_CORE, "estimate")


@dataclass(frozen=True, slots=True)
class _Given:
    """A part that a worker was given."""

    worker: Worker
    index: int
    at: float


@dataclass(slots=True)
class _Step:
    """The parts of a step, by their places: found, given to a worker, or still to do."""

    todo: deque[int]
    given: dict[Ref, _Given] = field(default_factory=dict)
    found: dict[int, Tensor] = field(default_factory=dict)


class Crew:
    """At most so many workers of the cluster that this process has joined; gives a training its slopes.

    `beat` is called all the time, as a recipe's is.
    """

    def __init__(self, workers: int, meter: ClusterMeter, beat: Beat) -> None:
        self._workers = workers
        self._meter = meter
        self._beat = beat
        self._kind = ""
        self._device = torch.device("cpu")
        self._idle: deque[Worker] = deque()
        self._coming: dict[Ref, Worker] = {}
        """Workers that are given nothing before they have answered this."""
        self._heard = 0.0

    def __call__(self, state: State, config: Config, parts: Sequence[Part]) -> Iterable[Tensor]:
        """The slope of each part. Raises what `beat` raises."""
        if not self._kind:
            self._muster(state, config)
        reference = parts[0].reference.cpu().numpy()
        common = ray.put(Common(state.values.cpu().numpy(), reference))
        step = _Step(deque(range(len(parts))))
        while len(step.found) < len(parts):
            self._beat(state.step, config.steps)
            while step.todo and self._idle:
                worker, index = self._idle.popleft(), step.todo.popleft()
                ref: Ref = worker.slope.remote(common, Own.of(parts[index]))
                step.given[ref] = _Given(worker, index, time.monotonic())
            alone = bool(step.todo) and self._is_alone(step)
            if alone:
                index = step.todo.popleft()
                step.found[index] = slope_of(state, config, parts[index]).clone()
            self._listen(step, 0.0 if alone else _TICK)
        return [step.found[index] for index in range(len(parts))]

    def _muster(self, state: State, config: Config) -> None:
        model = state.model
        self._device = model.device
        self._kind = kind(model.shape, config, model.device)
        buffers = {name: buffer.cpu().numpy() for name, buffer in model.named_buffers()}
        hire = ray.remote(Slope).options(
            num_cpus=1,
            num_gpus=int(model.device.type == "cuda"),
            max_restarts=-1,
            max_task_retries=0,
            scheduling_strategy="SPREAD",
        )
        for _ in range(min(self._workers, config.slices)):
            worker = hire.remote(model.shape.canonical(), config.canonical(), buffers)
            self._expect(cast("Worker", worker))
        self._heard = time.monotonic()

    def _expect(self, worker: Worker) -> None:
        # Ray asks again, however often the worker is restarted before it answers
        self._coming[worker.kind.options(max_task_retries=-1).remote()] = worker

    def _is_alone(self, step: _Step) -> bool:
        expects = bool(self._coming or step.given)
        return not expects or time.monotonic() - self._heard > _PATIENCE

    def _listen(self, step: _Step, seconds: float) -> None:
        """Take the next answer, if one comes so soon, and take back what is late."""
        if not (asked := [*step.given, *self._coming]):
            return
        ready, _ = ray.wait(asked, num_returns=1, timeout=seconds)
        for ref in ready:
            given = step.given.pop(ref, None)
            worker = self._coming.pop(ref) if given is None else given.worker
            answer = self._answer(ref, worker)
            if given is not None and isinstance(answer, Answer):
                step.found[given.index] = torch.tensor(answer.slope, device=self._device)
            elif given is not None:
                step.todo.appendleft(given.index)
        now = time.monotonic()
        for ref, given in [*step.given.items()]:
            if now - given.at > _LATE:
                LOG.warning("a worker is late; another does its part")
                self._coming[ref] = step.given.pop(ref).worker
                step.todo.append(given.index)

    def _answer(self, ref: Ref, worker: Worker) -> object:
        """What a worker answered, None when it did not; and what becomes of the worker."""
        try:
            answer = ray.get(ref)
        except (ActorUnavailableError, ObjectLostError):
            self._expect(worker)
            return None
        except RayError as error:  # it cannot be started, or cannot do what it is asked
            LOG.warning("a worker is given up: %s", str(error).strip().splitlines()[-1])
            return None
        self._heard = time.monotonic()
        if isinstance(answer, Answer):
            self._meter.there += answer.seconds
        elif answer != self._kind:
            LOG.warning("a worker is not taken: it has %s; here is %s", answer, self._kind)
            return None
        else:
            LOG.info("a worker computes now")
        self._idle.append(worker)
        return answer
