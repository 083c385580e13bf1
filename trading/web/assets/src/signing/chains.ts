// Checking certificates: the path to a trusted root, what the leaf is for, and revocation (RFC 5280).
//
// The path is built by the rules of Python's cryptography (its client verifier under signing/chains.py's policy).
import * as der from "./der";
import * as ecdsa from "./ecdsa";
import { equal, hex, type Bytes } from "./encoding";
import { CertificateError, SigningError } from "./errors";
import {
  BASIC_CONSTRAINTS, KEY_USAGE, KIND_POLICIES, NAME_CONSTRAINTS, USAGE_POLICIES, extensionsOf, readBasicConstraints,
  type Kind, type Usage,
} from "./profile";
import { Unforeseen } from "./python";
import { issued } from "./public_keys";
import { ECDSA_SHA256, readBits, sameName, type Crl, type X509 } from "./x509";

const MAX_INTERMEDIATES = 1;
const MAX_SERIAL = 21; // bytes
const MAX_CHECKS = 128; // signatures on the way up
const [SUBJECT_KEY, AUTHORITY_KEY] = [hex(der.oid("2.5.29.14")), hex(der.oid("2.5.29.35"))];
const KEY_ID = 0x80; // in an AuthorityKeyIdentifier
// What the policy has an opinion on, even if that is to permit all; other extensions may not be critical.
const ACCOUNTED_FOR = new Set([
  BASIC_CONSTRAINTS, KEY_USAGE, NAME_CONSTRAINTS,
  ...["2.5.29.14", "2.5.29.17", "2.5.29.35", "2.5.29.37", "1.3.6.1.5.5.7.1.1"].map((dotted) => hex(der.oid(dotted))),
]);

/**
 * Raise CertificateError unless `leaf` was good at `at` (microseconds since 1970).
 *
 * 1. A path leaf, `intermediates`, one of `roots` exists, every signature in it ECDSA P-256 with SHA-256, and it uses
 *    all `intermediates`. 2. Every certificate of the path is within its validity at `at`. 3. Leaf and issuer carry
 *    the policy of `kind`, the leaf that of `usage` (if not null) and a key usage that lets it sign. 4. If `crls` are given, the
 *    issuer's is among them, not outdated at `at`, and none of the issuer's says that the leaf was revoked by then.
 */
export async function verifyChain(
  leaf: X509, intermediates: readonly X509[], roots: readonly X509[], at: bigint, kind: Kind, usage: Usage | null,
  crls: readonly Crl[],
): Promise<void> {
  const path = await verifiedPath(leaf, intermediates, roots);
  checkValidity(path, at);
  const issuer = path[1] as X509;
  checkPurpose(leaf, issuer, kind, usage);
  if (crls.length > 0) await checkRevocation(leaf, issuer, crls, at);
}

/**
 * Raise CertificateError unless `leaf` of an authority outside the platform was good at `at`.
 *
 * As `verifyChain`, but the path leads to `anchor`, with one intermediate or none, and no policies of ours are asked
 * for: what the leaf is for, an enrolment says. A list of the leaf's issuer is always wanted.
 */
export async function verifyOutsideChain(
  leaf: X509, intermediates: readonly X509[], anchor: X509, at: bigint, crls: readonly Crl[],
): Promise<void> {
  const path = await verifiedPath(leaf, intermediates, [anchor], 2);
  checkValidity(path, at);
  checkMaySign(leaf);
  await checkRevocation(leaf, path[1] as X509, crls, at);
}

const paths = new Map<string, Promise<readonly X509[]>>();

/** The path from leaf to root, signatures checked; remembered, since signatures do not change with time. */
function verifiedPath(
  leaf: X509, intermediates: readonly X509[], roots: readonly X509[], shortest = 3,
): Promise<readonly X509[]> {
  const given = [[leaf, ...intermediates], roots].map((some) => some.map((one) => one.fingerprint).join());
  const key = [...given, shortest].join("|");
  let path = paths.get(key);
  if (path === undefined) {
    path = buildPath(leaf, intermediates, roots, shortest);
    path.catch(() => undefined); // told to whoever waits for it
    if (paths.size >= 4096) paths.clear();
    paths.set(key, path);
  }
  return path;
}

// How a path is built: how deep, which constraints have to be critical, and what counts as a signature.
interface Rules {
  readonly depth: number;
  readonly critical: boolean;
  readonly signed: (issuer: X509, child: X509) => Promise<boolean>;
}
const OWN: Rules = { depth: MAX_INTERMEDIATES, critical: true, signed };
const OUTSIDE: Rules = { depth: 5, critical: false, signed: issued };

/** The path from an outside authority's leaf to one of `roots` as of `moment`, null if there is none. */
export async function leadsTo(
  leaf: X509, others: readonly X509[], roots: readonly X509[], moment: bigint,
): Promise<readonly X509[] | null> {
  const permitted = permits(leaf, moment) && !twice(leaf) && uncritical(leaf);
  return permitted ? search(leaf, others, roots, moment, OUTSIDE) : null;
}

async function buildPath(
  leaf: X509, intermediates: readonly X509[], roots: readonly X509[], shortest: number,
): Promise<readonly X509[]> {
  const given = [leaf, ...intermediates];
  for (const certificate of given) await checkAlgorithms(certificate);
  const moment = given.reduce((last, one) => (one.notBefore.at > last ? one.notBefore.at : last), leaf.notBefore.at);
  const permitted = permits(leaf, moment) && !twice(leaf) && uncritical(leaf);
  const path = permitted ? await search(leaf, intermediates, roots, moment, OWN) : null;
  if (path === null) throw new CertificateError("The certificate does not lead to a trusted root.", "untrusted");
  const between = path.slice(1, -1).map((one) => one.fingerprint).join();
  if (path.length < shortest || between !== intermediates.map((one) => one.fingerprint).join()) {
    throw new CertificateError("The certificates given are not exactly those of the path to the root.", "malformed");
  }
  await checkAlgorithms(path.at(-1) as X509);
  return path;
}

/** More signatures than any honest path needs were checked: certificates that lead in circles must not keep us busy. */
class TooMany extends Error {}

async function search(
  leaf: X509, intermediates: readonly X509[], roots: readonly X509[], moment: bigint, rules: Rules,
): Promise<readonly X509[] | null> {
  let checks = 0;
  const counted = (issuer: X509, child: X509): Promise<boolean> => {
    checks += 1;
    if (checks > MAX_CHECKS) throw new TooMany();
    return rules.signed(issuer, child);
  };
  try {
    return await ascend([leaf], intermediates, roots, moment, { ...rules, signed: counted });
  } catch (error) {
    if (error instanceof TooMany) return null;
    throw error;
  }
}

/** `path` led up to a root, null if it does not lead there; TooMany. */
async function ascend(
  path: readonly X509[], intermediates: readonly X509[], roots: readonly X509[], moment: bigint, rules: Rules,
): Promise<readonly X509[] | null> {
  const working = path.at(-1) as X509;
  if (roots.some((one) => one.fingerprint === working.fingerprint)) return path;
  const depth = path.length - 1;
  if (depth > rules.depth) return null;
  const named = [...roots, ...intermediates].filter((one) => equal(one.subject.raw, working.issuer.raw));
  const wanted = keyNamed(working, AUTHORITY_KEY);
  for (const candidate of named.sort((one, other) => likeness(one, wanted) - likeness(other, wanted))) {
    if (twice(candidate)) return null;
    if (!permitsAuthority(candidate, BigInt(depth), moment, rules)) continue;
    if (!(await rules.signed(candidate, working))) continue;
    const found = await ascend([...path, candidate], intermediates, roots, moment, rules);
    if (found !== null) return found;
  }
  return null;
}

/** The key that an extension names, in hex; null if it names none. */
function keyNamed({ extensions }: X509, oid: string): string | null {
  const extension = extensions.find((one) => one.oid === oid);
  try {
    const reader = new der.Reader(extension?.value ?? new Uint8Array(0));
    return hex(oid === SUBJECT_KEY ? reader.content(der.OCTET_STRING) : reader.inside(der.SEQUENCE).content(KEY_ID));
  } catch (error) {
    if (error instanceof der.DERError) return null;
    throw error;
  }
}

/** Which candidates come first: those whose key is named, then those that do not say, then the others. */
function likeness(candidate: X509, wanted: string | null): number {
  const own = keyNamed(candidate, SUBJECT_KEY);
  if (own === null || wanted === null) return 1;
  return own === wanted ? 0 : 2;
}

function permits(certificate: X509, moment: bigint): boolean {
  const { serial, notBefore, notAfter } = certificate;
  return (
    certificate.version === 2 && certificate.algorithmsAgree &&
    serial.length <= MAX_SERIAL && (serial[0] as number) < 0x80 &&
    certificate.issuer.parts.length > 0 &&
    [notBefore, notAfter].every((time) => !time.generalized || time.year < 1950 || time.year >= 2050) &&
    moment >= notBefore.at && moment <= notAfter.at
  );
}

function mayCertify(usage: Bytes): boolean {
  const reader = new der.Reader(usage);
  const bits = readBits(reader.content(der.BIT_STRING))[0] ?? 0;
  reader.end();
  return (bits & 0x04) !== 0;
}

function permitsAuthority(certificate: X509, depth: bigint, moment: bigint, { critical }: Rules): boolean {
  const constraints = certificate.extensions.find((one) => one.oid === BASIC_CONSTRAINTS);
  const usage = certificate.extensions.find((one) => one.oid === KEY_USAGE);
  if (!permits(certificate, moment) || constraints === undefined || usage === undefined) return false;
  if (critical && !(constraints.critical && usage.critical)) return false;
  // Constraints on names are for names that ours never have: an authority that has some is none of ours.
  if (!uncritical(certificate) || certificate.extensions.some((one) => one.oid === NAME_CONSTRAINTS)) return false;
  try {
    const reader = new der.Reader(constraints.value);
    const { ca, pathLength } = readBasicConstraints(reader);
    reader.end();
    return ca && mayCertify(usage.value) && (pathLength === null || depth <= pathLength);
  } catch (error) {
    if (error instanceof der.DERError) return false;
    throw error;
  }
}

function twice({ extensions }: X509): boolean {
  return new Set(extensions.map((one) => one.oid)).size !== extensions.length;
}

function uncritical({ extensions }: X509): boolean {
  return extensions.every((one) => !one.critical || ACCOUNTED_FOR.has(one.oid));
}

async function signed(issuer: X509, child: X509): Promise<boolean> {
  const key = await keyOf(issuer);
  return key !== null && child.algorithm.oid === ECDSA_SHA256 && ecdsa.verify(key, child.tbs, child.signature);
}

const keys = new Map<string, Promise<CryptoKey | null>>();

/** A certificate's P-256 key, null if it has another one. */
export function keyOf(certificate: X509): Promise<CryptoKey | null> {
  let key = keys.get(certificate.fingerprint);
  if (key === undefined) {
    key = importKey(certificate);
    if (keys.size >= 4096) keys.clear();
    keys.set(certificate.fingerprint, key);
  }
  return key;
}

async function importKey(certificate: X509): Promise<CryptoKey | null> {
  try {
    return await ecdsa.loadSpki(certificate.spki);
  } catch (error) {
    if (error instanceof SigningError) return null;
    throw error;
  }
}

async function checkAlgorithms(certificate: X509): Promise<void> {
  if (certificate.algorithm.oid !== ECDSA_SHA256 || (await keyOf(certificate)) === null) {
    throw new CertificateError("Only certificates with ECDSA P-256 and SHA-256 are accepted.", "algorithm");
  }
}

function checkValidity(path: readonly X509[], at: bigint): void {
  for (const certificate of path) {
    if (at < certificate.notBefore.at) throw new CertificateError("A certificate is not valid yet.", "not-yet-valid");
    if (at > certificate.notAfter.at) throw new CertificateError("A certificate has expired.", "expired");
  }
}

function checkPurpose(leaf: X509, issuer: X509, kind: Kind, usage: Usage | null): void {
  const policy = KIND_POLICIES[kind];
  const { policies } = extensionsOf(leaf);
  if (!policies.has(policy) || !extensionsOf(issuer).policies.has(policy)) {
    throw new CertificateError(`The certificate was not issued by the ${kind} authority.`, "wrong-authority");
  }
  if (usage !== null && !policies.has(USAGE_POLICIES[usage])) {
    throw new CertificateError(`The certificate is not one for use as ${usage}.`, "wrong-authority");
  }
  checkMaySign(leaf);
}

function checkMaySign(leaf: X509): void {
  if (extensionsOf(leaf).maySign) return;
  throw new CertificateError("The certificate's key may not be used for signatures.", "wrong-authority");
}

async function checkRevocation(leaf: X509, issuer: X509, crls: readonly Crl[], at: bigint): Promise<void> {
  const serial = hex(leaf.serial);
  let current = false;
  for (const crl of crls) {
    if (!named(crl, issuer) || !(await issuedBy(crl, issuer))) continue;
    const entry = crl.revoked.find((one) => one.serial === serial);
    if (entry !== undefined && entry.at <= at) throw new CertificateError("The certificate was revoked.", "revoked");
    current ||= crl.nextUpdate !== null && at <= crl.nextUpdate;
  }
  if (!current) throw new CertificateError("No revocation list is current for that time.", "crl-missing");
}

/** Whether a list bears the issuer's name. */
export function named(crl: Crl, issuer: X509): boolean {
  try {
    return sameName(crl.issuer, issuer.subject);
  } catch (error) {
    throw error instanceof der.DERError ? new Unforeseen("ValueError") : error;
  }
}

const lists = new Map<string, Promise<boolean>>();

/** Whether `issuer` signed this complete list (ECDSA with SHA-256). */
export function issuedBy(crl: Crl, issuer: X509): Promise<boolean> {
  const key = `${crl.fingerprint} ${issuer.fingerprint}`;
  let known = lists.get(key);
  if (known === undefined) {
    known = judgeCrl(crl, issuer);
    if (lists.size >= 64) lists.clear();
    lists.set(key, known);
  }
  return known;
}

async function judgeCrl(crl: Crl, issuer: X509): Promise<boolean> {
  const key = await keyOf(issuer);
  const { extensions } = crl;
  const once = new Set(extensions.map((one) => one.oid)).size === extensions.length;
  return (
    key !== null && crl.algorithm.oid === ECDSA_SHA256 && (await ecdsa.verify(key, crl.tbs, crl.signature)) &&
    once && !extensions.some((one) => one.critical)
  );
}

/** The DER SubjectPublicKeyInfo of a P-256 certificate; SigningError for another kind of key. */
export async function spkiOf(certificate: X509): Promise<Bytes> {
  if ((await keyOf(certificate)) === null) {
    throw new SigningError("Only ECDSA keys on the curve P-256 are accepted; this key is of another kind.");
  }
  return certificate.spki;
}
