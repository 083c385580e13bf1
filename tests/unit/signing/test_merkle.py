from __future__ import annotations

import pytest

from signing import merkle as m
from signing.errors import MerkleError

LEAVES = [m.leaf_hash(b"%d" % n) for n in range(20)]
TREE = m.MemoryTree(LEAVES)

# The tree of the Certificate Transparency project's reference tests (google/certificate-transparency,
# merkletree/merkle_tree_test.cc): eight leaves and the root after each.
INPUTS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def test_roots_of_the_reference_tree() -> None:
    tree = m.MemoryTree()
    assert tree.root() == m.empty_root() == m.EMPTY_ROOT == m.root([])
    for data, expected in zip(INPUTS, ROOTS, strict=True):
        tree.append(m.leaf_hash(bytes.fromhex(data)))
        assert tree.root().hex() == expected


def test_questions_outside_the_tree_are_refused() -> None:
    for ask in (
        lambda: TREE.inclusion(20),
        lambda: TREE.inclusion(-1),
        lambda: TREE.root(21),
        lambda: TREE.inclusion(0, 21),
        lambda: TREE.consistency(7, 6),
        lambda: TREE.consistency(-1, 6),
        lambda: m.verify_inclusion(5, 5, LEAVES[0], [], b""),
        lambda: m.verify_consistency(3, 2, b"", b"", []),
    ):
        with pytest.raises(MerkleError):
            ask()


def test_inclusion_proofs_of_another_leaf_place_or_tree_are_refused() -> None:
    proof, root = TREE.inclusion(5), TREE.root()
    m.verify_inclusion(5, 20, LEAVES[5], proof, root)
    for index, size, leaf, hashes in (
        (5, 20, LEAVES[6], proof),
        (6, 20, LEAVES[5], proof),
        (5, 40, LEAVES[5], proof),
        (5, 20, LEAVES[5], proof[:-1]),
        (5, 20, LEAVES[5], [*proof, proof[0]]),
        (5, 20, LEAVES[5], proof[::-1]),
        (0, 1, LEAVES[5], proof),
    ):
        with pytest.raises(MerkleError):
            m.verify_inclusion(index, size, leaf, hashes, root)


@pytest.mark.parametrize("old", [1, 7, 8, 16, 19])
def test_a_rewritten_log_is_refused(old: int) -> None:
    proof = TREE.consistency(old)
    m.verify_consistency(old, 20, TREE.root(old), TREE.root(), proof)
    other = m.MemoryTree([LEAVES[1], *LEAVES[1:]])
    for old_root, new_root, hashes in (
        (other.root(old), TREE.root(), proof),
        (TREE.root(old), other.root(), other.consistency(old)),
        (TREE.root(old), TREE.root(), proof[:-1]),
        (TREE.root(old), TREE.root(), [*proof, proof[0]]),
        (TREE.root(old), TREE.root(), []),
    ):
        with pytest.raises(MerkleError):
            m.verify_consistency(old, 20, old_root, new_root, hashes)


def test_consistency_with_nothing_and_with_itself() -> None:
    m.verify_consistency(0, 20, m.EMPTY_ROOT, TREE.root(), [])
    m.verify_consistency(20, 20, TREE.root(), TREE.root(), [])
    for old, old_root, proof in ((0, TREE.root(), []), (20, LEAVES[0], []), (20, TREE.root(), [LEAVES[0]])):
        with pytest.raises(MerkleError):
            m.verify_consistency(old, 20, old_root, TREE.root(), proof)


def test_appending_stores_few_nodes() -> None:
    stored: dict[tuple[int, int], bytes] = {}

    def read(level: int, index: int) -> bytes:
        return stored[level, index]

    for size, leaf in enumerate(LEAVES):
        new = m.append_nodes(size, leaf, read)
        assert len(new) <= size.bit_length() + 1
        stored |= {(level, index): node for level, index, node in new}
        assert m.root_at(size + 1, read) == TREE.root(size + 1)
    assert len(TREE) == 20 and len(stored) < 40
