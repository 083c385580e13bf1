// The signing keys of this browser, in IndexedDB: they sign, and no script can read them.
import { certificatesIn, createCsr, generateKey, signerOf } from "../signing/keys";
import { fingerprint, partyOf, readCertificate, type Certificate } from "../signing/certificates";
import type { Api } from "../api";
import type { Signer } from "../signing/cms";
import type { Bytes } from "../signing/encoding";
import type { Actor } from "./page";

/** A key as it is kept: for whom, and its certificates in DER. */
interface Kept {
  readonly id: string; // person and role
  readonly key: CryptoKey;
  readonly certificate: Bytes;
  readonly others: readonly Bytes[];
}

const STORE = "keys";

function database(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open("sunseal", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(STORE, { keyPath: "id" });
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}

async function transact<T>(mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const opened = await database();
  try {
    return await new Promise<T>((resolve, reject) => {
      const transaction = opened.transaction(STORE, mode);
      const asked = act(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(asked.result);
      transaction.onerror = () => reject(transaction.error);
      transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    opened.close();
  }
}

const idOf = ({ person, role }: Pick<Actor, "person" | "role">): string => `${person} ${role}`;

async function signerFrom(kept: Kept): Promise<Signer> {
  return signerOf(kept.key, readCertificate(kept.certificate), kept.others.map(readCertificate));
}

/** The actor's key in this browser; null if there is none, or its certificate has run out. */
export async function keyOf(actor: Actor): Promise<Signer | null> {
  const kept = await transact<Kept | undefined>("readonly", (store) => store.get(idOf(actor)));
  if (kept === undefined) return null;
  const signer = await signerFrom(kept);
  return signer.certificate.notAfter.getTime() > Date.now() ? signer : null;
}

/** All keys of this browser, to sign in with. */
export async function allKeys(): Promise<Signer[]> {
  const kept = await transact<Kept[]>("readonly", (store) => store.getAll());
  const signers = await Promise.all(kept.map(signerFrom));
  return signers.filter((one) => one.certificate.notAfter.getTime() > Date.now());
}

/** Keep a signer for the actor, in place of an earlier one. */
export async function keep(actor: Actor, { key, certificate, chain }: Signer): Promise<void> {
  const kept: Kept = { id: idOf(actor), key, certificate: certificate.raw, others: chain.map((one) => one.raw) };
  await transact("readwrite", (store) => store.put(kept));
}

/** Make a key here, have it certified, and keep it. */
export async function makeKey(api: Api, actor: Actor): Promise<Signer> {
  const pair = await generateKey();
  const issued = await api.post("/certificates", { csr: await createCsr(pair, actor.name || "Sunseal") });
  const [certificate] = certificatesIn(String(issued["certificate"])) as [Certificate];
  const signer = await signerOf(pair.privateKey, certificate, certificatesIn(String(issued["chain"])));
  await keep(actor, signer);
  return signer;
}

/** Whether a signer acts for the actor's organisation in the actor's role. */
export function fits(actor: Actor, { certificate }: Signer): boolean {
  const party = partyOf(certificate);
  return party.id === actor.organisation && party.role === actor.role;
}

export { fingerprint };
