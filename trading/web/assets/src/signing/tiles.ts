// A log as tiles: c2sp.org/tlog-tiles. Addresses, bundles of entries, and the edge of a tree read from its tiles.
import type { Bytes } from "./encoding";
import { MerkleError } from "./errors";
import { nodeHash } from "./merkle";

export const HEIGHT = 8; // levels of the tree in one tile
export const WIDTH = 1 << HEIGHT; // hashes or entries in a full tile
const HASH = 32; // bytes

/** The address below the log's prefix of a tile, or of a bundle of entries (level null), with its first `width` places. */
export function tilePath(level: number | null, number: number, width = WIDTH): string {
  let digits = String(number % 1000).padStart(3, "0");
  for (let rest = Math.floor(number / 1000); rest > 0; rest = Math.floor(rest / 1000)) {
    digits = `x${String(rest % 1000).padStart(3, "0")}/${digits}`;
  }
  return `tile/${level ?? "entries"}/${digits}${width === WIDTH ? "" : `.p/${width}`}`;
}

/** The `count` entries of a bundle; MerkleError if it holds anything else. */
export function readBundle(data: Bytes, count: number): Bytes[] {
  const entries: Bytes[] = [];
  for (let at = 0; at < data.length; ) {
    const length = ((data[at] as number) << 8) | (data[at + 1] ?? 0);
    const end = at + 2 + length;
    if (end > data.length) throw new MerkleError("The entry bundle is cut off.");
    entries.push(data.subarray(at + 2, end));
    at = end;
  }
  if (entries.length !== count) throw new MerkleError(`The entry bundle has ${entries.length} entries, not ${count}.`);
  return entries;
}

/**
 * The complete subtrees at the right edge of the tree of `size` leaves, largest first; only as true as a root they are
 * checked by. `fetch` gives the bytes at an address below the prefix, null where there is nothing. MerkleError.
 */
export async function readPeaks(size: number, fetch: (path: string) => Promise<Bytes | null>): Promise<Bytes[]> {
  const rows = new Map<number, readonly Bytes[]>();
  const peaks: Bytes[] = [];
  for (let level = Math.floor(Math.log2(Math.max(size, 1))) + 1; level >= 0; level -= 1) {
    const span = 2 ** level;
    if (Math.floor(size / span) % 2 === 0) continue;
    const row = Math.floor(level / HEIGHT);
    const hashes = rows.get(row) ?? (await lastTile(row, size, fetch));
    rows.set(row, hashes);
    const width = 2 ** (level % HEIGHT);
    const first = (((Math.floor(size / span) - 1) * width) % WIDTH + WIDTH) % WIDTH;
    peaks.push(subtree(hashes.slice(first, first + width), width));
  }
  return peaks;
}

/** The hashes of the last tile of a row, which has all of that row's peaks. */
async function lastTile(row: number, size: number, fetch: (path: string) => Promise<Bytes | null>): Promise<Bytes[]> {
  const places = Math.floor(size / WIDTH ** row);
  const number = Math.floor((places - 1) / WIDTH);
  const width = places - number * WIDTH;
  // A log may drop a partial tile once it is full.
  const data = (await fetch(tilePath(row, number, width))) ?? (width < WIDTH ? await fetch(tilePath(row, number)) : null);
  if (data === null || data.length < width * HASH) throw new MerkleError(`The log does not give ${tilePath(row, number, width)}.`);
  return Array.from({ length: width }, (_, at) => data.slice(at * HASH, (at + 1) * HASH));
}

function subtree(hashes: readonly Bytes[], width: number): Bytes {
  if (hashes.length !== width) throw new MerkleError("A tile of the log is too short.");
  let level = hashes;
  while (level.length > 1) {
    const below = level;
    level = Array.from({ length: below.length / 2 }, (_, at) => nodeHash(below[2 * at] as Bytes, below[2 * at + 1] as Bytes));
  }
  return level[0] as Bytes;
}

/** The tree so far as its complete subtrees: enough to append and to compute the root. */
export class Frontier {
  private readonly edge: Bytes[];

  constructor(private count = 0, peaks: readonly Bytes[] = []) {
    this.edge = [...peaks];
  }

  get size(): number {
    return this.count;
  }

  get peaks(): readonly Bytes[] {
    return this.edge;
  }

  /** Add a leaf's hash. */
  append(leaf: Bytes): void {
    let node = leaf;
    for (let size = this.count; size % 2 === 1; size = Math.floor(size / 2)) {
      node = nodeHash(this.edge.pop() as Bytes, node);
    }
    this.edge.push(node);
    this.count += 1;
  }

  /** The root of RFC 6962 over all leaves so far; null of none. */
  get root(): Bytes | null {
    return this.edge.reduceRight<Bytes | null>((right, left) => (right === null ? left : nodeHash(left, right)), null);
  }
}
