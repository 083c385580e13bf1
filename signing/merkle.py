"""Merkle trees as RFC 6962 hashes them (and RFC 9162 proves them), over stored complete subtrees.

A tree is read through a function of level and index: level 0 are the leaf hashes, and the node at level L
and index i covers the leaves from i·2^L on, 2^L of them. Only complete subtrees are ever stored, so a stored
node never changes and appending stores O(log n) of them.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

from signing.errors import MerkleError

NodeReader: TypeAlias = Callable[[int, int], bytes]
"""Takes level and index, returns the 32-byte hash of that complete subtree."""

EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """SHA-256 of 0x00 and the leaf's bytes."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256 of 0x01 and two child hashes."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def empty_root() -> bytes:
    """The root of the tree without leaves: SHA-256 of nothing."""
    return EMPTY_ROOT


def root(leaf_hashes: Sequence[bytes]) -> bytes:
    """The root over all `leaf_hashes`."""
    return MemoryTree(leaf_hashes).root()


def append_nodes(size: int, leaf: bytes, read: NodeReader) -> list[tuple[int, int, bytes]]:
    """The nodes (level, index, hash) to store when the leaf hash `leaf` is appended to a tree of `size`."""
    level, index, node = 0, size, leaf
    nodes = [(level, index, node)]
    while index & 1:
        node = node_hash(read(level, index - 1), node)
        level, index = level + 1, index >> 1
        nodes.append((level, index, node))
    return nodes


def root_at(size: int, read: NodeReader) -> bytes:
    """The root of the first `size` leaves."""
    return _hash_of(0, size, read) if size > 0 else EMPTY_ROOT


def inclusion_proof(index: int, size: int, read: NodeReader) -> list[bytes]:
    """The hashes that lead from leaf `index` to the root of the first `size` leaves, from the leaf up.

    Raises MerkleError unless 0 <= index < size.
    """
    if not 0 <= index < size:
        raise MerkleError(f"There is no leaf {index} in a tree of {size}.")
    proof = []
    low, high = 0, size
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            proof.append(_hash_of(middle, high, read))
            high = middle
        else:
            proof.append(_hash_of(low, middle, read))
            low = middle
    return proof[::-1]


def consistency_proof(old: int, new: int, read: NodeReader) -> list[bytes]:
    """The hashes that show the tree of `new` leaves to begin with that of `old` (RFC 6962 section 2.1.2).

    Empty if old is 0 or equal to new. Raises MerkleError unless 0 <= old <= new.
    """
    if not 0 <= old <= new:
        raise MerkleError(f"A tree of {new} leaves cannot be compared with one of {old}.")
    if old == 0 or old == new:
        return []
    proof = []
    low, high, whole = 0, new, True
    while old != high:
        middle = low + _split(high - low)
        if old <= middle:
            proof.append(_hash_of(middle, high, read))
            high = middle
        else:
            proof.append(_hash_of(low, middle, read))
            low, whole = middle, False
    # The old tree's own root need not be in the proof if the old tree is a complete subtree of the new one.
    if not whole:
        proof.append(_hash_of(low, high, read))
    return proof[::-1]


def verify_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> None:
    """Raise MerkleError unless `proof` leads from the leaf hash at `index` to `root` (RFC 9162 2.1.3.2)."""
    if not 0 <= index < size:
        raise MerkleError(f"There is no leaf {index} in a tree of {size}.")
    first, last, node = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise MerkleError("The inclusion proof is too long for the tree.")
        if first & 1 or first == last:
            node = node_hash(sibling, node)
            while not first & 1 and first:
                first, last = first >> 1, last >> 1
        else:
            node = node_hash(node, sibling)
        first, last = first >> 1, last >> 1
    if last != 0 or not hmac.compare_digest(node, root):
        raise MerkleError("The inclusion proof does not lead to the tree's root.")


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Raise MerkleError unless `proof` shows the new tree to begin with the old one (RFC 9162 2.1.4.2)."""
    if not 0 <= old <= new:
        raise MerkleError(f"A tree of {new} leaves cannot extend one of {old}.")
    if old == 0 or old == new:
        expected = EMPTY_ROOT if old == 0 else new_root
        if proof or not hmac.compare_digest(old_root, expected):
            raise MerkleError("The trees are not consistent.")
        return
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not path:
        raise MerkleError("The consistency proof is empty.")
    first, last = old - 1, new - 1
    while first & 1:
        first, last = first >> 1, last >> 1
    old_node = new_node = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise MerkleError("The consistency proof is too long for the tree.")
        if first & 1 or first == last:
            old_node, new_node = node_hash(sibling, old_node), node_hash(sibling, new_node)
            while not first & 1 and first:
                first, last = first >> 1, last >> 1
        else:
            new_node = node_hash(new_node, sibling)
        first, last = first >> 1, last >> 1
    fits = hmac.compare_digest(old_node, old_root) and hmac.compare_digest(new_node, new_root)
    if last != 0 or not fits:
        raise MerkleError("The trees are not consistent: the log was not only appended to.")


class MemoryTree:
    """A tree kept whole in memory: for verifiers, tests and small ledgers."""

    def __init__(self, leaf_hashes: Iterable[bytes] = ()) -> None:
        self._levels: list[list[bytes]] = [[]]
        for leaf in leaf_hashes:
            self.append(leaf)

    def __len__(self) -> int:
        return len(self._levels[0])

    def append(self, leaf: bytes) -> int:
        """Append a leaf hash and return its index."""
        index = len(self)
        for level, _, node in append_nodes(index, leaf, self.read):
            if level == len(self._levels):
                self._levels.append([])
            self._levels[level].append(node)
        return index

    def read(self, level: int, index: int) -> bytes:
        """The NodeReader of this tree."""
        return self._levels[level][index]

    def root(self, size: int | None = None) -> bytes:
        """The root of the first `size` leaves, by default of all; MerkleError if there are fewer."""
        return root_at(self._size(size), self.read)

    def inclusion(self, index: int, size: int | None = None) -> list[bytes]:
        """See `inclusion_proof`."""
        return inclusion_proof(index, self._size(size), self.read)

    def consistency(self, old: int, new: int | None = None) -> list[bytes]:
        """See `consistency_proof`."""
        return consistency_proof(old, self._size(new), self.read)

    def _size(self, size: int | None) -> int:
        if size is None:
            return len(self)
        if not 0 <= size <= len(self):
            raise MerkleError(f"The tree has {len(self)} leaves, not {size}.")
        return size


def _split(count: int) -> int:
    """The largest power of two smaller than `count`, which is at least 2."""
    return 1 << ((count - 1).bit_length() - 1)


def _hash_of(low: int, high: int, read: NodeReader) -> bytes:
    """The hash over the leaves from `low` to before `high`; `low` is a multiple of the largest part."""
    parts = []
    while low < high:
        level = (high - low).bit_length() - 1
        parts.append(read(level, low >> level))
        low += 1 << level
    node = parts.pop()
    while parts:
        node = node_hash(parts.pop(), node)
    return node
