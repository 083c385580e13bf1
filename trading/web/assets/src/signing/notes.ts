// Signed notes, checkpoints and proof files of transparency logs, as the C2SP specifies them.
//
// By default a note carries exactly the one wanted signature: lines that nobody checks would make a recorded file
// malleable. Readers that expect witnesses' cosignatures say that it is not `strict`.
import { b64decode, b64encode, concat, equal, hex, utf8, type Bytes } from "./encoding";
import { EncodingError, NoteError } from "./errors";
import { sha256 } from "./hashing";

const ED25519 = 1;
export const DASH = "— ";
const NAME = /^[^\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000+\x00-\x1f]+$/;
const CONTROL = /[\x00-\x09\x0b-\x1f]/;
const NUMBER = /^(?:0|[1-9][0-9]{0,18})$/;
const PROOF_HEADER = "c2sp.org/tlog-proof@v1";
const MAX_NOTE = 1 << 20; // bytes
const MAX_SIGNATURES = 100;

/** The four bytes that name a key in signature lines; `material` is type and key. NoteError for a malformed name. */
export function keyId(name: string, material: Uint8Array): Bytes {
  if (!NAME.test(name)) throw new NoteError("A log's key name is not empty and has neither spaces nor a plus.");
  return sha256(concat(utf8(`${name}\n`), material)).slice(0, 4);
}

/** Verifies notes by one key. */
export class NoteVerifier {
  private constructor(
    readonly name: string, readonly vkey: string, private readonly id: Bytes, private readonly key: CryptoKey,
  ) {}

  /** From a C2SP verifier key (no newline at the end); NoteError if it is malformed or not Ed25519. */
  static async fromVkey(vkey: string): Promise<NoteVerifier> {
    const { name, material } = decodeVkey(vkey);
    const id = keyId(name, concat(Uint8Array.of(ED25519), material.subarray(1)));
    const own = `${name}+${hex(id)}+${b64encode(concat(Uint8Array.of(ED25519), material.subarray(1)))}`;
    if (own !== vkey) {
      throw new NoteError("This verifier key is not of the type Ed25519, or its id is not that of its key.");
    }
    return new NoteVerifier(name, vkey, id, await ed25519(material.slice(1)));
  }

  /** The same key under another key name. */
  async renamed(name: string): Promise<NoteVerifier> {
    const encoded = this.vkey.split("+").slice(2).join("+");
    return NoteVerifier.fromVkey(`${name}+${hex(sha256(concat(utf8(`${name}\n`), b64decode(encoded))).slice(0, 4))}+${encoded}`);
  }

  /** The text of `note`, signed by this key, and if it is `strict` by no other; NoteError. */
  async verify(note: Bytes, strict = true): Promise<string> {
    const [text, signatures] = splitNote(note);
    if (strict && signatures.length !== 1) throw new NoteError("The note must have exactly one signature.");
    const own = signatures.filter(([name, value]) => name === this.name && equal(value.subarray(0, 4), this.id));
    const [wanted] = own;
    if (wanted === undefined || own.length !== 1) {
      throw new NoteError(`The note is not signed, once, by the key of ${this.name}.`);
    }
    if (!(await crypto.subtle.verify({ name: "Ed25519" }, this.key, wanted[1].slice(4), utf8(text)))) {
      throw new NoteError(`The note's signature by ${this.name} does not hold.`);
    }
    return text;
  }
}

/** Name and key material (type and 32 bytes) of a verifier key; NoteError if it is malformed. */
export function decodeVkey(vkey: string): { name: string; material: Bytes } {
  const [name = "", , ...rest] = vkey.split("+");
  return { name, material: materialOf(rest) };
}

/** A public key of 32 bytes. */
export function ed25519(key: Bytes): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", key, { name: "Ed25519" }, true, ["verify"]);
}

function materialOf(rest: readonly string[]): Bytes {
  const malformed = new NoteError("This is not a verifier key of the form name+id+key.");
  if (rest.length === 0) throw malformed;
  const material = decoded(rest.join("+"));
  if (material === null || material.length !== 33) throw malformed;
  return material;
}

function decoded(text: string): Bytes | null {
  try {
    return b64decode(text);
  } catch (error) {
    if (error instanceof EncodingError) return null;
    throw error;
  }
}

/** The text, and name and value (id and signature) of each signature line; NoteError if it is malformed. */
export function splitNote(note: Bytes): [string, ReadonlyArray<readonly [string, Bytes]>] {
  if (note.length > MAX_NOTE) throw new NoteError("The note is larger than 1 MiB.");
  const whole = decodedText(note);
  if (whole === null) throw new NoteError("The note is not UTF-8.");
  const place = whole.lastIndexOf("\n\n");
  const lines = whole.slice(place + 2).split("\n");
  if (place < 0 || lines.pop() !== "" || lines.length < 1 || lines.length > MAX_SIGNATURES) {
    throw new NoteError("The note has no text and signatures parted by an empty line.");
  }
  const text = whole.slice(0, place + 1);
  if (CONTROL.test(text)) {
    throw new NoteError("A note's text ends in a newline and has no other control characters.");
  }
  return [text, lines.map(signatureLine)];
}

function decodedText(data: Bytes): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
  } catch {
    return null;
  }
}

function signatureLine(line: string): readonly [string, Bytes] {
  const rest = line.startsWith(DASH) ? line.slice(DASH.length) : line;
  const blank = rest.indexOf(" ");
  const name = blank < 0 ? rest : rest.slice(0, blank);
  const value = decoded(blank < 0 ? "" : rest.slice(blank + 1));
  if (!line.startsWith(DASH) || !NAME.test(name) || value === null || value.length < 5) {
    throw new NoteError("A signature line of the note is malformed.");
  }
  return [name, value];
}

/** A log's tree head: its origin, the number of leaves, the 32-byte root. */
export interface Checkpoint {
  readonly origin: string;
  readonly size: bigint;
  readonly root: Bytes;
}

/** The checkpoint of `origin` that `verifier`'s key signed; NoteError for anything else, extension lines too. */
export async function parseCheckpoint(
  note: Bytes, verifier: NoteVerifier, origin: string, strict = true,
): Promise<Checkpoint> {
  const checkpoint = parseText(await verifier.verify(note, strict));
  if (checkpoint.origin !== origin) throw new NoteError(`The checkpoint is of another log than ${origin}.`);
  return checkpoint;
}

function parseText(text: string): Checkpoint {
  const [origin = "", size = "", root = "", ...rest] = text.split("\n");
  if (rest.length !== 1 || origin === "" || !NUMBER.test(size)) {
    throw new NoteError("A checkpoint has three lines: origin, number of leaves, root.");
  }
  return { origin, size: BigInt(size), root: hash(root) };
}

function hash(line: string): Bytes {
  const value = decoded(line);
  if (value?.length !== 32) throw new NoteError("A hash is 32 bytes in base64.");
  return value;
}

/** A proof file: the leaf's index, the inclusion hashes from the leaf up, the checkpoint verbatim. */
export interface Proof {
  readonly index: bigint;
  readonly hashes: readonly Bytes[];
  readonly checkpoint: Bytes;
}

/** A proof from its one form; NoteError for anything else, `extra` data too, which nothing authenticates. */
export function parseProof(data: Bytes): Proof {
  const end = data.findIndex((byte, at) => byte === 0x0a && data[at + 1] === 0x0a);
  const head = data.subarray(0, Math.max(end, 0));
  const lines = head.every((byte) => byte < 0x80) ? new TextDecoder().decode(head).split("\n") : [];
  if (end < 0 || lines.length < 2 || lines[0] !== PROOF_HEADER || !lines[1]?.startsWith("index ")) {
    throw new NoteError(`A proof begins with ${PROOF_HEADER} and the leaf's index.`);
  }
  const number = lines[1].slice("index ".length);
  if (!NUMBER.test(number)) throw new NoteError("The proof's index is malformed.");
  return { index: BigInt(number), hashes: lines.slice(2).map(hash), checkpoint: data.slice(end + 2) };
}
