"""Messages about arguments that every backend takes."""

from functools import partial
from typing import Any

import pytest

from paramrules.emission import OptimizerSpec, by_name, by_schedule, check_lr, check_marks, unbound

ADAM = OptimizerSpec("adam", "Adam", ("eps",))
BOUND = ADAM._replace(bound={"lr": 0.1})


def test_one_optimizer_or_several_by_name() -> None:
    several = {"default": 1}
    assert by_name(several) is several
    assert by_name(1) == {"": 1}
    with pytest.raises(ValueError, match=r"^`optimizer` is an empty mapping and should name an optimizer$"):
        by_name({})


def test_names_that_are_no_texts() -> None:
    with pytest.raises(
        TypeError, match=r"^`optimizer` has the key 0, and should have names that rules give$"
    ):
        by_name({0: 1, "default": 2})
    with pytest.raises(TypeError, match=r"^a mapping of schedules has the key 0, and should have names that"):
        by_schedule({"default": 1, 0: 2})


def test_of_two_partials_the_outer_one_wins() -> None:
    assert unbound(dict) == (dict, {})
    assert unbound(partial(partial(dict, a=1, b=2), b=3)) == (dict, {"a": 1, "b": 3})
    with pytest.raises(TypeError, match=r"^`functools\.partial` of an optimizer should bind its arguments"):
        unbound(partial(dict, [("a", 1)]))


def test_a_learning_rate_that_is_missing() -> None:
    check_lr(0.1, {"": ADAM}, ())
    check_lr(None, {"": BOUND}, ("lr",))
    wanted = r": pass `learning_rate=1e-3`, a number or a schedule$"
    with pytest.raises(TypeError, match=rf"^the base rate is missing{wanted}"):
        check_lr(None, {"a": BOUND, "b": ADAM}, ("eps",))
    with pytest.raises(TypeError, match=rf"^`lr` is called `learning_rate` here{wanted}"):
        check_lr(None, {"": ADAM}, ("eps", "lr"))


@pytest.mark.parametrize("marks", [(), ["is_last"], ("a", "b")])
def test_marks(marks: Any) -> None:
    assert check_marks(marks) == tuple(marks)


@pytest.mark.parametrize("marks", ["is_last", 3, ["a", 3], None])
def test_marks_that_are_not_a_list_of_keys(marks: Any) -> None:
    with pytest.raises(TypeError) as raised:
        check_marks(marks)
    assert str(raised.value) == (
        f'`marks` is {marks!r} and should be a list of keys, as `marks=["is_last_layer"]`'
    )


@pytest.mark.parametrize("key", ["lr_scale", "params"])
def test_marks_that_mean_something(key: str) -> None:
    with pytest.raises(ValueError, match=rf"^`{key}` cannot be a mark of your own: it means something to"):
        check_marks(["own", key])
