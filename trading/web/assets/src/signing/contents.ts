// Bytes that can be read at any place: files, which are too large to be whole in memory, and what is in memory.
import type { Bytes } from "./encoding";

/** Bytes that can be read at any place: a file, or some in memory. */
export interface Content {
  readonly size: number;
  /** The bytes from `start` to `end`, or as many as there are; put `into` that if given, which has room for them. */
  read(start: number, end: number, into?: Bytes): Promise<Bytes>;
}

/**
 * A file's content, cheapest when it is read in order: each slice of a file costs as much as reading a megabyte.
 * Reading fails if the file changes meanwhile, as browsers see to.
 */
export function contentOf(blob: Blob): Content {
  let stream: ReadableStreamDefaultReader<Bytes> | null = null;
  let at = -1; // how far the stream was read out; `left` is what it gave beyond
  let left: Bytes = new Uint8Array(0);
  let before: Promise<unknown> = Promise.resolve();

  async function inOrder(start: number, end: number, into?: Bytes): Promise<Bytes> {
    if (stream === null || start !== at) {
      stream?.cancel().catch(() => undefined);
      stream = blob.slice(start).stream().getReader();
      [at, left] = [start, new Uint8Array(0)];
    }
    const size = Math.max(Math.min(end, blob.size) - start, 0);
    const bytes = into?.subarray(0, size) ?? new Uint8Array(size);
    for (let have = 0; have < size; ) {
      if (left.length === 0) {
        const { done, value } = await stream.read();
        if (done) return bytes.subarray(0, have);
        left = value;
      }
      const taken = left.subarray(0, size - have);
      bytes.set(taken, have);
      left = left.subarray(taken.length);
      [have, at] = [have + taken.length, at + taken.length];
    }
    return bytes;
  }

  return {
    size: blob.size,
    read: (start, end, into) => {
      const bytes = before.then(() => inOrder(start, end, into));
      before = bytes.catch(() => (at = -1)); // a stream that failed is not read on
      return bytes;
    },
  };
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
