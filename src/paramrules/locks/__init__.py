"""Locks: the groups that rules make of models, as text to check in beside the rules."""

from paramrules.locks.lock_value import Lock, lock
from paramrules.locks.locked import LockedModel
from paramrules.locks.read import parse_lock, read_lock

__all__ = ["Lock", "LockedModel", "lock", "parse_lock", "read_lock"]
