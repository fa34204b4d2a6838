"""The training engine: the task a method is given, and the one loop that all of them share."""

from latentdim.training.hooks import Diverged, Hooks, Interrupted
from latentdim.training.task import Task
from latentdim.training.train import descend, solve, train, train_steps

__all__ = ["Diverged", "Hooks", "Interrupted", "Task", "descend", "solve", "train", "train_steps"]
