"""Load optimizer state that was saved under other rules."""

from paramrules_torch.resume.on_load import regroup_on_load
from paramrules_torch.resume.regroup import regroup_state

__all__ = ["regroup_state", "regroup_on_load"]
