// Merkle trees as RFC 6962 hashes them (and RFC 9162 proves them), for whoever verifies.
import { concat, equal, type Bytes } from "./encoding";
import { MerkleError } from "./errors";
import { sha256 } from "./hashing";

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/** SHA-256 of 0x00 and the leaf's bytes. */
export function leafHash(data: Uint8Array): Bytes {
  return sha256(concat(LEAF, data));
}

export function nodeHash(left: Uint8Array, right: Uint8Array): Bytes {
  return sha256(concat(NODE, left, right));
}

/** The root over all `leaves` (leaf hashes). */
export function root(leaves: readonly Bytes[]): Bytes {
  let level = leaves;
  if (level.length === 0) return sha256(new Uint8Array(0));
  // A node without a sibling moves up as it is, which splits at powers of two as the RFC does.
  while (level.length > 1) {
    const above: Bytes[] = [];
    for (let at = 0; at < level.length; at += 2) {
      const [left, right] = [level[at] as Bytes, level[at + 1]];
      above.push(right === undefined ? left : nodeHash(left, right));
    }
    level = above;
  }
  return level[0] as Bytes;
}

/** Raise MerkleError unless `proof` leads from the leaf hash at `index` to `wanted` (RFC 9162 2.1.3.2). */
export function verifyInclusion(
  index: bigint, size: bigint, leaf: Bytes, proof: readonly Bytes[], wanted: Bytes,
): void {
  if (index < 0n || index >= size) throw new MerkleError(`There is no leaf ${index} in a tree of ${size}.`);
  let [first, last, node] = [index, size - 1n, leaf];
  for (const sibling of proof) {
    if (last === 0n) throw new MerkleError("The inclusion proof is too long for the tree.");
    if ((first & 1n) === 1n || first === last) {
      node = nodeHash(sibling, node);
      while ((first & 1n) === 0n && first !== 0n) [first, last] = [first >> 1n, last >> 1n];
    } else {
      node = nodeHash(node, sibling);
    }
    [first, last] = [first >> 1n, last >> 1n];
  }
  if (last !== 0n || !equal(node, wanted)) {
    throw new MerkleError("The inclusion proof does not lead to the tree's root.");
  }
}

/** Raise MerkleError unless `proof` shows the new tree to begin with the old one (RFC 9162 2.1.4.2). */
export function verifyConsistency(
  older: bigint, newer: bigint, oldRoot: Bytes, newRoot: Bytes, proof: readonly Bytes[],
): void {
  const broken = new MerkleError("The trees are not consistent: the log was not only appended to.");
  if (older < 0n || older > newer) throw broken;
  if (older === 0n || older === newer) {
    if (proof.length > 0 || !equal(oldRoot, older === 0n ? root([]) : newRoot)) throw broken;
    return;
  }
  const path = (older & (older - 1n)) === 0n ? [oldRoot, ...proof] : proof;
  const [start, ...siblings] = path;
  if (start === undefined) throw broken;
  let [first, last] = [older - 1n, newer - 1n];
  while ((first & 1n) === 1n) [first, last] = [first >> 1n, last >> 1n];
  let [oldNode, newNode] = [start, start];
  for (const sibling of siblings) {
    if (last === 0n) throw broken;
    if ((first & 1n) === 1n || first === last) {
      [oldNode, newNode] = [nodeHash(sibling, oldNode), nodeHash(sibling, newNode)];
      while ((first & 1n) === 0n && first !== 0n) [first, last] = [first >> 1n, last >> 1n];
    } else {
      newNode = nodeHash(newNode, sibling);
    }
    [first, last] = [first >> 1n, last >> 1n];
  }
  if (last !== 0n || !equal(oldNode, oldRoot) || !equal(newNode, newRoot)) throw broken;
}
