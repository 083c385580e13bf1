// Bytes that can be read at any place: files, which are too large to be whole in memory, and what is in memory.
import type { Bytes } from "./encoding";

/** Bytes that can be read at any place: a file, or some in memory. */
export interface Content {
  readonly size: number;
  /** The bytes from `start` to `end`, or as many as there are; put `into` that if given, which has room for them. */
  read(start: number, end: number, into?: Bytes): Promise<Bytes>;
}

/**
 * What arrives piece by piece, read once and in order, from `at` on; less than was asked for where it ends too soon.
 */
export function contentFrom(pieces: AsyncIterator<Bytes>, size: number, at = 0): Content {
  let rest: Bytes = new Uint8Array(0);
  return {
    size,
    async read(start, end, into) {
      if (start !== at) throw new RangeError("what arrives piece by piece is read in order");
      const found = into?.subarray(0, end - start) ?? new Uint8Array(end - start);
      let filled = 0;
      while (filled < found.length) {
        if (rest.length === 0) {
          const { done, value } = await pieces.next();
          if (done === true) break;
          rest = value;
        }
        const taken = rest.subarray(0, found.length - filled);
        found.set(taken, filled);
        filled += taken.length;
        rest = rest.subarray(taken.length);
      }
      at += filled;
      return found.subarray(0, filled);
    },
  };
}

/**
 * A file's content, cheapest when it is read in order: each slice of a file costs as much as reading a megabyte.
 * Reading fails if the file changes meanwhile, as browsers see to.
 */
export function contentOf(blob: Blob): Content {
  let reading: { readonly stream: AsyncIterator<Bytes>; readonly content: Content } | null = null;
  let at = 0;
  let before: Promise<unknown> = Promise.resolve();

  async function inOrder(start: number, end: number, into?: Bytes): Promise<Bytes> {
    if (reading === null || start !== at) {
      void reading?.stream.return?.().catch(() => undefined);
      const stream = piecesOf(blob.slice(start));
      reading = { stream, content: contentFrom(stream, blob.size, start) };
    }
    const bytes = await reading.content.read(start, Math.max(Math.min(end, blob.size), start), into);
    at = start + bytes.length;
    return bytes;
  }

  return {
    size: blob.size,
    read: (start, end, into) => {
      const bytes = before.then(() => inOrder(start, end, into));
      before = bytes.catch(() => (reading = null)); // a stream that failed is not read on
      return bytes;
    },
  };
}

async function* piecesOf(blob: Blob): AsyncGenerator<Bytes> {
  const reader = blob.stream().getReader();
  try {
    for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) yield value as Bytes;
  } finally {
    await reader.cancel();
  }
}

export function contentIn(data: Bytes): Content {
  return {
    size: data.length,
    read: async (start, end, into) => {
      const bytes = data.subarray(start, end);
      into?.set(bytes);
      return into?.subarray(0, bytes.length) ?? bytes;
    },
  };
}

const WINDOW = 256 * 1024; // bytes

/** `content` read in stretches: a file asked for thousands of small pieces answers each by itself, and slowly. */
export function inStretches(content: Content): Content {
  let start = 0;
  let stretch: Bytes = new Uint8Array(0);
  return {
    size: content.size,
    async read(from, to, into) {
      if (to - from > WINDOW / 2) return content.read(from, to, into);
      if (from < start || to > start + stretch.length) {
        const read = await content.read(from, Math.min(from + WINDOW, content.size));
        [start, stretch] = [from, read];
      }
      const bytes = stretch.slice(from - start, to - start);
      into?.set(bytes);
      return into?.subarray(0, bytes.length) ?? bytes;
    },
  };
}
