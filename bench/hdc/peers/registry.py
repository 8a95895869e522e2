"""Who takes part in which race. A library is imported when its maker is called."""

from collections.abc import Callable, Mapping, Sequence

from bench.hdc.peers import (
    arrays,
    bhv,
    faiss,
    hdlib,
    holovec,
    numkong,
    pyhdc,
    simsimd,
    sklearn,
    torch,
    torchhd,
    usearch,
)
from bench.hdc.peers.protocol import Bundler, Searcher
from bench.hdc.peers.topk import AllDistances, Partitioned


def _with_topk(library: AllDistances) -> list[Searcher]:
    return [library, Partitioned(library)]


# The members of a family share what is prepared, or fail together.
SEARCHERS: Mapping[str, Callable[[], Sequence[Searcher]]] = {
    "simsimd cdist": lambda: _with_topk(simsimd.Cdist()),
    "numkong cdist": lambda: _with_topk(numkong.Cdist()),
    "numkong packed rows": lambda: _with_topk(numkong.PackedRows()),
    "numkong packed queries": lambda: [numkong.PackedQueries()],
    "faiss IndexBinaryFlat": lambda: [faiss.Flat()],
    "faiss IndexBinaryFlat, 1,250 bytes": lambda: [faiss.Natural()],
    "usearch exact": lambda: [usearch.Exact()],
    "usearch Index, exact": lambda: [usearch.IndexExact()],
    "bhv closest": lambda: [bhv.Closest()],
    "numpy bitwise_count": lambda: _with_topk(arrays.Count()),
    "torch float32 product": lambda: [torch.Product()],
    "torchhd hamming_similarity": lambda: [torchhd.Similarity()],
    "hdlib Space.find": lambda: [hdlib.Find()],
    "scikit-learn brute": lambda: [sklearn.Brute()],
}

BUNDLERS: Mapping[str, Callable[[], Bundler]] = {
    "bhv CNativePackedBHV.majority": bhv.Majority,
    "bhv NativePackedBHV.majority": bhv.PublicMajority,
    "numpy sum of unpacked bytes": arrays.UnpackedSum,
    "numpy unpackbits, sum, packbits": arrays.PackedSum,
    "torchhd BSC multibundle": torchhd.BscBundle,
    "torchhd MAP multibundle": torchhd.MapBundle,
    "hdlib bundle": hdlib.Pairwise,
    "holovec BSC bundle": holovec.Bundle,
    "pyhdc BSC bundle": pyhdc.Bundle,
}
