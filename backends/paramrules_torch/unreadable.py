"""Parameters that do not say what rules ask: nested tensors, shapes with symbols, and classes that raise."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from torch import SymInt, Tensor

from paramrules.backends import Diagnostic, RulesError, class_name, said_by
from paramrules_torch.listing import listed


class _Cause(NamedTuple):
    """Why a tensor cannot be read: the code, what follows its name and `has`, and the help."""

    code: str
    what: str
    help: str


@contextmanager
def named_errors(names: Sequence[str], tensors: Sequence[Tensor]) -> Iterator[None]:
    """Turn what tensors raise while they are read into one error for each cause, with their names.

    Raises:
        RulesError: E503 for nested tensors and for shapes with symbols, E501 for classes that raise.
    """
    try:
        yield
    except Exception as error:
        found: dict[_Cause, list[str]] = defaultdict(list)
        for name, tensor in zip(names, tensors, strict=True):
            if cause := _cause(tensor):
                found[cause].append(name)
        if not found:
            raise
        raise RulesError(
            [
                Diagnostic(cause.code, f"{listed(some)} {cause.what}", help=cause.help)
                for cause, some in found.items()
            ]
        ) from error


def _cause(tensor: Tensor) -> _Cause | None:
    """Return what keeps a tensor from being read, if anything does."""
    try:
        _ = tensor.ndim, tensor.requires_grad, tensor.dtype
        symbol = next((extent for extent in tensor.shape if isinstance(extent, SymInt)), None)
    except Exception as error:
        if _is_nested(tensor):
            return _NESTED
        return _Cause(
            "E501",
            f"a shape or a dtype that cannot be read: `{class_name(type(tensor))}` raises {said_by(error)}",
            "let the class return `ndim`, `requires_grad`, `dtype` and `shape`, as all tensors do",
        )
    if symbol is None:
        return None
    if _is_nested(tensor):
        return _NESTED
    return _Cause(
        "E503",
        f"no known shape: `{symbol}` stands for a number",
        "leave symbols to the shapes of inputs: those of parameters are numbers",
    )


def _is_nested(tensor: Tensor) -> bool:
    """Return whether a tensor is nested; False if its class does not say."""
    try:
        return tensor.is_nested
    except Exception:  # a class may raise anything; the tensor is reported for another reason
        return False


_NESTED = _Cause(
    "E503",
    "no shape, because a nested tensor has several",
    "make each of its parts a parameter, or pad them to one shape",
)
