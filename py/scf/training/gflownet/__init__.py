"""Training of Emily's GFlowNet: trajectory balance in NumPy, its gradient written by hand."""

from scf.training.gflownet.training import Progress, Training, exploring, train

__all__ = ["Progress", "Training", "exploring", "train"]
