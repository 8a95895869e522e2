"""The recipe `ebdm` with a cluster: the trainer draws, sums and steps; the cluster computes slopes."""

import logging

from scf.training.ebdm import recipe as ebdm
from scf.training.task import Beat, Outcome, Recipe, Task, recipe
from scf.worker.ray.address import answers
from scf.worker.ray.cluster import join
from scf.worker.ray.crew import ClusterMeter, Crew
from scf.worker.ray.runner import RECIPES

LOG = logging.getLogger("scf")


class Trainer:
    """Trains with at most so many workers of the cluster at `address`, and alone where it is away."""

    def __init__(self, address: str, workers: int) -> None:
        self._address = address
        self._workers = workers
        self.meter = ClusterMeter()

    def recipe(self, name: str) -> Recipe:
        """The recipe of this name. Raises RecipeError."""
        return self._train if name in RECIPES else recipe(name)

    def _train(self, task: Task, beat: Beat) -> Outcome:
        if not answers(self._address):
            LOG.warning("no Ray cluster answers at %s: this machine trains alone", self._address)
            return ebdm.train(task, beat)
        if not join(self._address, lambda: beat(0, 0)):
            return ebdm.train(task, beat)
        return ebdm.train(task, beat, Crew(self._workers, self.meter, beat))
