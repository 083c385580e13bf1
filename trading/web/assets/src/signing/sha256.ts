// SHA-256 (FIPS 180-4) over content that comes in pieces; WebCrypto hashes only what is whole in memory.
import { sha256 } from "@noble/hashes/sha2.js";
import { createSHA256 } from "hash-wasm";
import { hex } from "./encoding";

interface Engine {
  update(piece: Uint8Array): unknown;
  digest(): Uint8Array;
}

/** SHA-256 over content that comes in pieces. */
export class Hasher {
  private constructor(private readonly engine: Engine) {}

  /** Made at once, for wherever it runs. */
  static here(): Hasher {
    return new Hasher(sha256.create());
  }

  /** Four times as fast where WebAssembly is allowed: in the workers that seal, not in pages. */
  static async fast(): Promise<Hasher> {
    try {
      const engine = (await createSHA256()).init();
      return new Hasher({ update: (piece) => engine.update(piece), digest: () => engine.digest("binary") });
    } catch {
      return Hasher.here();
    }
  }

  update(piece: Uint8Array): this {
    this.engine.update(piece);
    return this;
  }

  /** The digest of all pieces, in small letters; nothing can be added afterwards. */
  hexdigest(): string {
    return hex(this.engine.digest());
  }
}
