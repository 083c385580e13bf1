// What this browser keeps for a person: signing keys, which no script can read out, keys that open, drafts of bids,
// bids that are sealed but not handed in, and the secrets that unlock those handed in.
import type { SignedDocument } from "../bids/acts";
import type { Sealed } from "../bids/envelope";
import type { Certificate } from "../signing/certificates";
import { readCertificate } from "../signing/certificates";
import type { Signer } from "../signing/cms";
import type { Bytes } from "../signing/encoding";
import { signerOf } from "../signing/keys";
import type { Anchors } from "./anchors";
import type { LogMemory } from "./log-follower";

const NAME = "sunseal";
const VERSION = 5;

const STORES = ["keys", "drafts", "custody", "envelopes", "under-way", "unlocking", "log"] as const;
type Store = (typeof STORES)[number];

interface KeptKey {
  readonly key: CryptoKey;
  readonly certificate: Bytes;
  readonly others: readonly Bytes[];
  /** Its private half, sealed for a backup when it was made. */
  readonly sealed?: Bytes;
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function opened(): Promise<IDBDatabase> {
  const request = indexedDB.open(NAME, VERSION);
  request.onupgradeneeded = () => {
    const there = request.result.objectStoreNames;
    for (const store of STORES) {
      if (!there.contains(store)) request.result.createObjectStore(store);
    }
  };
  return settled(request);
}

async function within<T>(store: Store, mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const database = await opened();
  try {
    // What is kept here is on disk before anything that rests on it leaves this machine.
    const transaction = database.transaction(store, mode, { durability: mode === "readwrite" ? "strict" : "default" });
    const done = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error);
    });
    const result = await settled(act(transaction.objectStore(store)));
    await done;
    return result;
  } finally {
    database.close();
  }
}

/** The signer that this browser keeps for a person acting for an organisation in a role. */
export async function keptSigner(owner: string): Promise<Signer | null> {
  const kept = (await within("keys", "readonly", (store) => store.get(owner))) as KeptKey | undefined;
  if (kept === undefined) return null;
  return signerOf(kept.key, readCertificate(kept.certificate), kept.others.map(readCertificate));
}

/** What a backup has of a person's key: the certificates, and the private half as it was sealed. */
export async function keptKey(owner: string): Promise<{ certificate: Bytes; chain: readonly Bytes[]; sealed?: Bytes } | null> {
  const kept = (await within("keys", "readonly", (store) => store.get(owner))) as KeptKey | undefined;
  if (kept === undefined) return null;
  const { certificate, others: chain, sealed } = kept;
  return sealed === undefined ? { certificate, chain } : { certificate, chain, sealed };
}

/** All signers that this browser keeps, to sign in with. */
export async function keptSigners(): Promise<Signer[]> {
  const kept = (await within("keys", "readonly", (store) => store.getAll())) as KeptKey[];
  return Promise.all(kept.map((one) => signerOf(one.key, readCertificate(one.certificate), one.others.map(readCertificate))));
}

/** Keep a key with its certificate; the key object itself goes into the browser's store, its bytes only if `sealed`. */
export async function keepKey(
  owner: string, key: CryptoKey, certificate: Certificate, others: readonly Certificate[], sealed?: Bytes,
): Promise<void> {
  const whole: KeptKey = { key, certificate: certificate.raw, others: others.map((one) => one.raw) };
  const kept = sealed === undefined ? whole : { ...whole, sealed };
  await within("keys", "readwrite", (store) => store.put(kept, owner));
}

/** A draft as it was kept; undefined if there is none. */
export function keptDraft(of: string): Promise<unknown> {
  return within("drafts", "readonly", (store) => store.get(of));
}

export async function keepDraft(of: string, draft: unknown): Promise<void> {
  await within("drafts", "readwrite", (store) => store.put(draft, of));
}

export async function dropDraft(of: string): Promise<void> {
  await within("drafts", "readwrite", (store) => store.delete(of));
}

/** A sealed and signed bid with all that its ciphertext is made from, until it is handed in. */
export interface KeptBid {
  readonly sealed: Sealed;
  readonly signed: SignedDocument;
  /** Of the bidder's own lock, where there is one. */
  readonly secret?: Bytes;
  /** After this no bid is taken any more; milliseconds since 1970. */
  readonly deadline: number;
}

export async function keptBid(of: string): Promise<KeptBid | undefined> {
  return (await within("under-way", "readonly", (store) => store.get(of))) as KeptBid | undefined;
}

export async function keepBid(of: string, bid: KeptBid): Promise<void> {
  await within("under-way", "readwrite", (store) => store.put(bid, of));
  await navigator.storage?.persist?.();
}

export async function dropBid(of: string): Promise<void> {
  await within("under-way", "readwrite", (store) => store.delete(of));
}

/** Forget bids, of whatever tender, that were not handed in by their deadlines. */
export async function dropLateBids(now: number): Promise<void> {
  const names = (await within("under-way", "readonly", (store) => store.getAllKeys())) as string[];
  for (const name of names) {
    const bid = await keptBid(name);
    if (bid !== undefined && bid.deadline < now) await dropBid(name);
  }
}

/** The secret of a bidder's own lock, kept with its bid until the opening; by bid, whoever of the bidder's people sealed it here. */
export async function keptSecret(bid: string): Promise<Bytes | null> {
  return ((await within("unlocking", "readonly", (store) => store.get(bid))) as Bytes | undefined) ?? null;
}

export async function keepSecret(bid: string, secret: Bytes): Promise<void> {
  await within("unlocking", "readwrite", (store) => store.put(secret, bid));
  await navigator.storage?.persist?.();
}

/** The seed of a key for attachments that this browser was asked to keep for somebody. */
export async function keptSeed(owner: string): Promise<Bytes | null> {
  return ((await within("envelopes", "readonly", (store) => store.get(owner))) as Bytes | undefined) ?? null;
}

export async function keepSeed(owner: string, seed: Bytes): Promise<void> {
  await within("envelopes", "readwrite", (store) => store.put(seed, owner));
  await navigator.storage?.persist?.();
}

export async function dropSeed(owner: string): Promise<void> {
  await within("envelopes", "readwrite", (store) => store.delete(owner));
}

/** What a custodian keeps of a tender: its sealing key's seed, what it accepted, and what it has seen. */
export interface KeptCustody {
  readonly seed?: Bytes;
  /** The notice that was accepted, ever in the chain of its successors. */
  readonly notice?: string;
  /** The digest of its policy. */
  readonly policy?: string;
  /** The one closing, ever. */
  readonly closing?: string;
  /** By segment, the release as it was sent. */
  readonly releases?: Readonly<Record<string, string>>;
  /** SHA-256 of the public half (SPKI) of the key that signed the sealing key. */
  readonly signing?: string;
  /** The signed word that the key is erased, from the decision on. */
  readonly erasure?: string;
  /** By segment, the one stage statement that opened it, ever. */
  readonly stages?: Readonly<Record<string, string>>;
}

export async function keptCustody(of: string): Promise<KeptCustody> {
  return ((await within("custody", "readonly", (store) => store.get(of))) as KeptCustody | undefined) ?? {};
}

export async function keepCustody(of: string, custody: KeptCustody): Promise<void> {
  await within("custody", "readwrite", (store) => store.put(custody, of));
}

/** What this browser has seen of the public log of that origin (log-follower.ts), and the policy for it. */
export function keptLog(origin: string): LogMemory {
  return {
    read: async (name) => {
      const found = await within("log", "readonly", (store) => store.get(`${origin} ${name}`));
      // Where earlier versions kept it.
      return found ?? (name === "checkpoint" ? within("custody", "readonly", (store) => store.get(`log ${origin}`)) : found);
    },
    write: async (name, value) => {
      await within("log", "readwrite", (store) => store.put(value, `${origin} ${name}`));
    },
  };
}

/** Whoever follows this tender later has seen this checkpoint; whether the note is one is judged when it is used. */
export async function noteLog(tender: string, note: Bytes): Promise<void> {
  const log = keptLog(new TextDecoder().decode(note).split("\n", 1)[0] ?? "");
  if ((await log.read(`seen ${tender}`)) === undefined) await log.write(`seen ${tender}`, note);
}

/** Roots and log key that this browser trusts; undefined before first sight. */
export async function keptAnchors(): Promise<Anchors | undefined> {
  return (await within("log", "readonly", (store) => store.get("anchors"))) as Anchors | undefined;
}

export async function keepAnchors(anchors: Anchors): Promise<void> {
  await within("log", "readwrite", (store) => store.put(anchors, "anchors"));
}

/** All that is kept of custodians' tenders, or of the log, by name. */
export async function keptOf(store: "custody" | "log"): Promise<ReadonlyMap<string, unknown>> {
  const under: IDBRequest<IDBValidKey[]>[] = [];
  const values = (await within(store, "readonly", (kept) => {
    under.push(kept.getAllKeys()); // of the same moment: another tab may be writing
    return kept.getAll();
  })) as unknown[];
  const names = (under[0]?.result ?? []) as string[];
  return new Map(names.map((name, at) => [name, values[at]]));
}

export async function putIn(store: "custody" | "log", name: string, value: unknown): Promise<void> {
  await within(store, "readwrite", (kept) => kept.put(value, name));
}
