"""Convert optimizer state that was made under other rules."""

from paramrules_optax.resume.regroup import regroup_state

__all__ = ["regroup_state"]
