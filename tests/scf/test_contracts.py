"""Documents: one strict way in, one canonical way out."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from scf.cid import cid_of
from scf.contracts.dataset import Dataset, ShardRef
from scf.contracts.fossil import Fossil, Verdict
from scf.contracts.job import Budget, FileRef, Job, Result
from scf.errors import ContractError

CID = cid_of(b"")
SHARD = {"name": "a.ndjson.zst", "cid": CID, "records": 1, "bytes": 2, "raw_bytes": 3}
JOB = Job(
    model="ebdm",
    recipe="ebdm",
    generation=1,
    dataset=CID,
    config={"steps": 3, "lr": 0.001, "nested": [1, None, {"a": True}]},
    code="1.0+abc",
    budget=Budget(seconds=60),
)


def test_the_same_job_has_the_same_id_however_it_is_written() -> None:
    shuffled = json.dumps(dict(reversed(json.loads(JOB.canonical()).items())), indent=4)
    assert Job.parse(shuffled, source="job.json").id == JOB.id


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"dataset": CID[:-1] + "f"}, "dataset"),
        ({"dataset": "../../etc/passwd"}, "dataset"),
        ({"model": "a/b"}, "model"),
        ({"generation": 0}, "generation"),
        ({"generation": "1"}, "generation"),
        ({"seed": 2**32}, "seed"),
        ({"budget": {"seconds": 0}}, "budget.seconds"),
        ({"budget": {"seconds": 1, "euros": 2}}, "budget.euros"),
        ({"v": 2}, "v"),
        ({"shell": "rm"}, "shell"),
    ],
)
def test_a_job_that_is_none_is_refused_at_its_place(
    change: dict[str, JsonValue], place: str
) -> None:
    table = json.loads(JOB.canonical()) | change
    with pytest.raises(ContractError, match=f"^job.json: {place}: "):
        Job.parse(json.dumps(table), source="job.json")


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"v":1}', "\ud800".encode("utf-8", "surrogatepass")]
)
def test_what_is_no_document_is_refused(text: str | bytes) -> None:
    with pytest.raises(ContractError, match=r"^x\.json: "):
        Job.parse(text, source="x.json")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_a_metric_is_a_finite_number(number: str) -> None:
    files = f'[{{"name":"checkpoint.safetensors","cid":"{CID}","bytes":1}}]'
    text = f'{{"v":1,"job":"{CID}","metrics":{{"dsm":{number}}},"files":{files}}}'
    with pytest.raises(ContractError):
        Result.parse(text, source="result.json")


@pytest.mark.parametrize(
    "name", ["../x", "a/b", ".hidden", "", "-rf", "A", "a" * 128, "a\0b", "a\n", "con\\x"]
)
def test_a_file_name_is_never_a_path(name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        FileRef(name=name, cid=CID, bytes=0)


def test_a_result_holds_a_checkpoint() -> None:
    with pytest.raises(ValueError, match=r"checkpoint\.safetensors"):
        Result(job=CID, metrics={}, files=(FileRef(name="notes.txt", cid=CID, bytes=0),))


def test_a_dataset_lists_a_shard_once_and_its_order_counts() -> None:
    first, second = ShardRef(**SHARD), ShardRef(**SHARD | {"name": "b.ndjson.zst"})
    assert Dataset(shards=(first, second)).id != Dataset(shards=(second, first)).id
    assert Dataset(shards=(first, second)).records == 2
    with pytest.raises(ValueError, match="twice"):
        Dataset(shards=(first, first))


_SAFE = st.integers(-(2**53) + 1, 2**53 - 1)
_FLOAT = st.floats(-(2.0**53) + 1, 2.0**53 - 1) | st.floats(1e21, 1e300)
_TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
_JSON = st.recursive(
    st.none() | st.booleans() | _SAFE | _FLOAT | _TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4),
    max_leaves=10,
)


@given(_JSON)
def test_a_fossil_of_json_comes_back_with_the_bytes_that_its_cid_names(value: JsonValue) -> None:
    def fossil(cid: str) -> Fossil:
        verdict = Verdict(verifier="test", passed=True)
        return Fossil(
            cid=cid,
            encoding="json",
            content=value,
            media="application/json",
            source="test",
            verdict=verdict,
        )

    named = fossil(cid_of(fossil(CID).raw()))
    again = Fossil.parse(named.canonical(), source="line 1")
    assert cid_of(again.raw()) == again.cid
    assert again.canonical() == named.canonical()


def test_a_whole_number_beyond_those_of_json_cannot_be_written() -> None:
    with pytest.raises(ContractError, match="safe integer"):
        JOB.model_copy(update={"config": {"steps": 2**53}}).canonical()
