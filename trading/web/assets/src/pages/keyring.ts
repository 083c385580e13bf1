// The signing keys of this browser by whose they are; what keeps them is in keeping.ts.
import type { Api } from "../api";
import { buildStatement } from "../bids/objects";
import { partyOf, toPem } from "../signing/certificates";
import type { Signer } from "../signing/cms";
import { b64encode, formatTime, type Bytes } from "../signing/encoding";
import { CertificateError } from "../signing/errors";
import { certificatesIn, createCsr, csrFor, generateKey, generateWithCopy, signerOf } from "../signing/keys";
import { signStatement } from "../signing/statements";
import { keepKey, keptKey, keptSigner, keptSigners } from "./keeping";
import { keptRecipient } from "./keeping-records";
import type { Actor } from "./page";

/** Under which name a person's key is kept. */
export function ownerOf({ organisation, person, role }: Pick<Actor, "organisation" | "person" | "role">): string {
  return `${organisation}/${person}/${role}`;
}

function lasting({ certificate }: Signer): boolean {
  return certificate.notAfter.getTime() > Date.now();
}

/** The actor's key in this browser; null if there is none, or its certificate has run out. */
export async function keyOf(actor: Actor): Promise<Signer | null> {
  const signer = await keptSigner(ownerOf(actor));
  return signer !== null && lasting(signer) ? signer : null;
}

/** All keys of this browser that still hold. */
export async function allKeys(): Promise<Signer[]> {
  return (await keptSigners()).filter(lasting);
}

/** Keep a signer for the actor, in place of an earlier one; the browser is asked not to tidy it away. */
export async function keep(actor: Actor, { key, certificate, chain }: Signer, sealed?: Bytes): Promise<void> {
  await keepKey(ownerOf(actor), key, certificate, chain, sealed);
  await navigator.storage?.persist?.();
}

/** Make a key here, have it certified, and keep it; with a sealed copy, where somebody set a backup's passphrase. */
export async function makeKey(api: Api, actor: Actor): Promise<Signer> {
  const { pair, sealed } = await newKey(actor);
  const answer = await api.post("/certificates", { csr: await createCsr(pair, actor.name || "Sunseal") });
  const [certificate, ...rest] = certificatesIn(String(answer["certificate"]));
  if (certificate === undefined) throw new Error("no certificate");
  const signer = await signerOf(pair.privateKey, certificate, [...rest, ...certificatesIn(String(answer["chain"]))]);
  await keep(actor, signer, sealed);
  return signer;
}

async function newKey({ organisation }: Actor): Promise<{ readonly pair: CryptoKeyPair; readonly sealed?: Bytes }> {
  const recipient = await keptRecipient(organisation);
  if (recipient === null) return { pair: await generateKey() };
  const { pair, pkcs8 } = await generateWithCopy();
  const { sealTo } = await import("./backup");
  const sealed = await sealTo(recipient, pkcs8);
  pkcs8.fill(0);
  return { pair, sealed };
}

/** A later certificate for the same key, kept in place of the one that ends; that one stays good to its end. */
export async function renewKey(api: Api, actor: Actor, old: Signer): Promise<Signer> {
  const csr = await csrFor(old.key, old.certificate.spki, actor.name || "Sunseal");
  const answer = await api.post("/certificates", { csr, renew: true });
  const [certificate] = certificatesIn(String(answer["certificate"]));
  if (certificate === undefined) throw new Error("no certificate");
  const signer = await signerOf(old.key, certificate, certificatesIn(String(answer["chain"])));
  await keep(actor, signer, (await keptKey(ownerOf(actor)))?.sealed);
  return signer;
}

/** Whether a certificate ends within 30 days, so that its holder should renew it. */
export function endsSoon({ certificate }: Signer): boolean {
  return certificate.notAfter.getTime() < Date.now() + 30 * 24 * 3600 * 1000;
}

/** Whether a signer acts for the actor; a certificate from outside the platform is enrolled for them on the way. */
export async function admit(api: Api, actor: Actor, signer: Signer): Promise<boolean> {
  try {
    return fits(actor, signer);
  } catch (error) {
    if (!(error instanceof CertificateError)) throw error;
  }
  const at = new Date();
  const { organisation: party, role } = actor;
  const proof = buildStatement("certificate-proof", { at: formatTime(at), origin: location.origin, party, role });
  await api.post("/certificates/outside", {
    certificate: [signer.certificate, ...signer.chain].map(({ raw }) => toPem(raw, "CERTIFICATE")).join(""),
    proof: b64encode(await signStatement(proof, signer, at)),
  });
  return true;
}

/** Whether a signer acts for the actor's organisation in the actor's role. */
export function fits(actor: Actor, { certificate }: Signer): boolean {
  const party = partyOf(certificate);
  return party.id === actor.organisation && party.role === actor.role;
}
