"""What every registry keeps to: run on the files, on a real MLflow server, and on the two together."""

import pytest
from tests.scf.registry_drafts import draft

from scf.cid import cid_of
from scf.registry.errors import RegistryError
from scf.registry.registry import CHAMPION, Registry


def test_nothing_is_there_at_first(registry: Registry) -> None:
    assert registry.models() == ()
    assert registry.versions("energy") == ()
    assert registry.alias("energy", CHAMPION) is None


def test_numbers_are_given_in_order_of_registration(registry: Registry) -> None:
    registered = [registry.register(draft(number)) for number in (3, 1, 2)]
    assert [version.version for version in registered] == [1, 2, 3]
    assert registry.versions("energy") == tuple(registered)


def test_what_was_registered_is_what_is_found(registry: Registry) -> None:
    wanted = draft(2).model_copy(update={"version": 1})
    assert registry.register(draft(2)) == wanted
    assert registry.versions("energy") == (wanted,)


def test_a_job_is_registered_once(registry: Registry) -> None:
    first = registry.register(draft(1))
    registry.register(draft(2))
    assert registry.register(draft(1)) == first
    assert len(registry.versions("energy")) == 2


def test_a_job_never_gets_another_result(registry: Registry) -> None:
    registry.register(draft(1))
    other = draft(1).model_copy(update={"checkpoint": cid_of(b"another")})
    with pytest.raises(RegistryError, match="with another checkpoint"):
        registry.register(other)
    assert len(registry.versions("energy")) == 1


def test_each_model_counts_for_itself(registry: Registry) -> None:
    for model in ("energy", "student"):
        assert registry.register(draft(1, model)).version == 1
    assert registry.models() == ("energy", "student")
    assert len(registry.versions("student")) == 1


def test_an_alias_moves(registry: Registry) -> None:
    for number in (1, 2):
        registry.register(draft(number))
    for number in (1, 2, 2, 1):
        registry.point("energy", CHAMPION, number)
        named = registry.alias("energy", CHAMPION)
        assert named is not None
        assert named.version == number
    assert registry.alias("energy", "other") is None


@pytest.mark.parametrize("number", [0, 2, -1])
def test_an_alias_names_what_is_there(registry: Registry, number: int) -> None:
    registry.register(draft(1))
    registry.point("energy", CHAMPION, 1)
    with pytest.raises(RegistryError, match=f"no version {number}"):
        registry.point("energy", CHAMPION, number)
    named = registry.alias("energy", CHAMPION)
    assert named is not None
    assert named.version == 1


def test_a_model_that_is_not_there_takes_no_alias(registry: Registry) -> None:
    with pytest.raises(RegistryError, match="no version 1"):
        registry.point("energy", CHAMPION, 1)
    assert registry.models() == ()
