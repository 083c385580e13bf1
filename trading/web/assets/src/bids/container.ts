// What a receipt is compared with: manifest and signature, out of the tar in which a sealed bid travels.
import type { Bytes } from "../signing/encoding";
import type { Content } from "../signing/contents";
import { BidError } from "./errors";

const BLOCK = 512;
const MAX_MANIFEST = 1 << 20; // bytes
const MOST = 300; // entries: 200 objects, and some to spare before giving up

/** The files "manifest.json" and "manifest.p7s" of a sealed bid; ciphertexts are passed over. BidError "sealed-missing". */
export async function manifestIn(sealed: Content): Promise<readonly [Bytes, Bytes]> {
  const found = new Map<string, Bytes>();
  for (let at = 0, count = 0; at + BLOCK <= sealed.size && count < MOST; count += 1) {
    const header = await sealed.read(at, at + BLOCK);
    if (header.every((byte) => byte === 0)) break;
    const name = textOf(header, 0, 100);
    const size = parseInt(textOf(header, 124, 12).trim() || "x", 8);
    if (!Number.isSafeInteger(size) || size < 0) throw new BidError("sealed-malformed", { reason: "size" });
    const start = at + BLOCK;
    if (name === "manifest.json" || name === "manifest.p7s") {
      if (size > MAX_MANIFEST) throw new BidError("sealed-size", { name });
      if (found.has(name)) throw new BidError("sealed-duplicate", { name });
      found.set(name, (await sealed.read(start, start + size)).slice());
    }
    at = start + Math.ceil(size / BLOCK) * BLOCK;
  }
  const [manifest, signature] = ["manifest.json", "manifest.p7s"].map((name) => {
    const data = found.get(name);
    if (data === undefined) throw new BidError("sealed-missing", { name });
    return data;
  });
  return [manifest as Bytes, signature as Bytes];
}

function textOf(header: Bytes, at: number, length: number): string {
  const field = header.subarray(at, at + length);
  const end = field.indexOf(0);
  return String.fromCharCode(...(end < 0 ? field : field.subarray(0, end)));
}
