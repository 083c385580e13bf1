// A custodian's backup of what its browser keeps: one file, sealed under a passphrase that the browser does not keep.
//
// From the passphrase comes the seed of an X-Wing key, of which the browser keeps the public half alone: so a new backup
// needs no passphrase, and what was sealed to it no script reads again. The signing key is sealed when it is made, before
// it becomes one that nobody can read out.
import { isObject, loads, dumps, type JSONObject, type JSONValue } from "../signing/canonical";
import { b64decode, b64encode, utf8, type Bytes } from "../signing/encoding";
import { SigningError } from "../signing/errors";
import { hexdigest } from "../signing/hashing";
import * as hpke from "../signing/hpke";
import { Refused } from "./words";

const TYPE = "sunseal/browser-backup/v1";
const ROUNDS = 600_000; // of PBKDF2 with SHA-256
const MOST_ROUNDS = 10_000_000;
const SHORTEST = 12; // characters
const MOST_BYTES = 256 * 1024 * 1024;
const INFO = utf8(TYPE);

/** To whom backups are sealed: how the seed comes from the passphrase, and the public half. */
export interface Recipient {
  readonly salt: Bytes;
  readonly rounds: number;
  readonly key: Bytes;
}

/** A signing key's certificates (DER), and its private half (PKCS #8) as it was sealed. */
export interface SealedKey {
  readonly certificate: Bytes;
  readonly chain: readonly Bytes[];
  readonly sealed: Bytes;
}

/**
 * A backup's file as read: for whom (organisation, person and role), sealed to whom, by the digest of the public half.
 * That half is not in the file: whoever has it seals other records in the place of these.
 */
export interface Backup {
  readonly owner: string;
  readonly recipient: Pick<Recipient, "salt" | "rounds"> & { readonly digest: string };
  readonly signing: SealedKey | null;
  readonly records: Bytes;
}

/** A recipient for a new passphrase, given twice. Refused. */
export async function newRecipient(passphrase: string, again: string): Promise<Recipient> {
  if ([...passphrase].length < SHORTEST) {
    throw new Refused(`备份口令至少 ${SHORTEST} 个字符。请换一个更长的。`, `The backup's passphrase has at least ${SHORTEST} characters. Choose a longer one.`);
  }
  if (passphrase !== again) throw new Refused("两次输入的口令不同。请重新输入。", "The two passphrases differ. Type them again.");
  const salt = crypto.getRandomValues(new Uint8Array(16));
  return { salt, rounds: ROUNDS, key: await hpke.publicKey(await seedOf(passphrase, salt, ROUNDS)) };
}

/** Seal bytes to it: the private half of a signing key, or all records. */
export function sealTo({ key }: Recipient, plain: Bytes): Promise<Bytes> {
  return hpke.seal(key, INFO, plain);
}

/** The backup's file. */
export async function writeBackup(
  owner: string, recipient: Recipient, key: Omit<SealedKey, "sealed"> & Partial<SealedKey> | null, records: readonly JSONObject[],
): Promise<Bytes> {
  const { salt, rounds } = recipient;
  const members: Record<string, JSONValue> = {
    type: TYPE, owner, salt: b64encode(salt), rounds, key: hexdigest(recipient.key),
    records: b64encode(await sealTo(recipient, dumps(records as JSONValue))),
  };
  if (key?.sealed !== undefined) {
    const { certificate, chain, sealed } = key;
    members["signing"] = { certificate: b64encode(certificate), chain: chain.map(b64encode), sealed: b64encode(sealed) };
  }
  return dumps(members);
}

/** A backup from its file; Refused if it is none. */
export function readBackup(data: Bytes): Backup {
  try {
    const value = data.length > MOST_BYTES ? null : loads(data);
    if (!isObject(value) || value["type"] !== TYPE) throw none();
    const bytes = (name: string, of: JSONObject = value): Bytes => b64decode(String(of[name]));
    const rounds = Number(value["rounds"]);
    if (!Number.isInteger(rounds) || rounds < 1 || rounds > MOST_ROUNDS) throw none();
    const key = value["signing"];
    const signing = !isObject(key) ? null : {
      certificate: bytes("certificate", key), sealed: bytes("sealed", key),
      chain: (Array.isArray(key["chain"]) ? key["chain"] : []).map((one) => b64decode(String(one))),
    };
    const recipient = { salt: bytes("salt"), rounds, digest: String(value["key"]) };
    return { owner: String(value["owner"]), recipient, signing, records: bytes("records") };
  } catch (error) {
    if (error instanceof SigningError) throw none();
    throw error;
  }
}

/** The private half (PKCS #8) of the signing key, null if the backup has none, all records, and to whom they are sealed. Refused. */
export async function openBackup(
  { recipient, signing, records }: Backup, passphrase: string,
): Promise<{ readonly signing: Bytes | null; readonly records: readonly JSONObject[]; readonly recipient: Recipient }> {
  const { salt, rounds, digest } = recipient;
  const seed = await seedOf(passphrase, salt, rounds);
  const key = await hpke.publicKey(seed);
  if (hexdigest(key) !== digest) {
    throw new Refused("备份口令不对。请核对后重试。", "The passphrase is wrong. Check it and try again.");
  }
  try {
    const read = loads(await hpke.open(seed, INFO, records));
    if (!Array.isArray(read) || !read.every(isObject)) throw none();
    return {
      signing: signing === null ? null : await hpke.open(seed, INFO, signing.sealed),
      records: read as JSONObject[], recipient: { salt, rounds, key },
    };
  } catch (error) {
    if (error instanceof SigningError) throw none();
    throw error;
  }
}

async function seedOf(passphrase: string, salt: Bytes, rounds: number): Promise<Bytes> {
  const key = await crypto.subtle.importKey("raw", utf8(passphrase.normalize("NFC")), "PBKDF2", false, ["deriveBits"]);
  const bits = { name: "PBKDF2", hash: "SHA-256", salt, iterations: rounds };
  return new Uint8Array(await crypto.subtle.deriveBits(bits, key, 8 * hpke.SEED_SIZE));
}

function none(): Refused {
  return new Refused("这不是可读的备份文件，或已损坏。请选择从“备份”处保存的文件。", "This is no readable backup, or it is damaged. Choose a file that was saved under “Backup”.");
}
