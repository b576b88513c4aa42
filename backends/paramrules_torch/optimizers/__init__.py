"""From rules to optimizers: one or several, and their schedules."""

from paramrules_torch.optimizers.build_optimizer import build
from paramrules_torch.optimizers.multi import MultiOptimizer
from paramrules_torch.optimizers.schedules import scheduled

__all__ = ["build", "scheduled", "MultiOptimizer"]
