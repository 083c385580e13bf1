// What the verification stands on: root certificates, the log's key, revocation lists, enrolments.
import * as der from "../../signing/der";
import type { Bytes } from "../../signing/encoding";
import { NoteVerifier } from "../../signing/notes";
import { loadPem } from "../../signing/profile";
import { strip } from "../../signing/python";
import { Revocations } from "../../signing/revocations";
import { pemBlocks, readCrl, type Crl, type X509 } from "../../signing/x509";
import { BidError, refusing, refusingLater } from "../errors";
import { CRLS, ENROLMENTS, LOG_KEY, OUTSIDE, ROOTS, type Package } from "../package";
import { Trust, parseEnrolments, type Enrolment } from "../trust";
import type { Book } from "./findings";

/** The reader's own anchors: null to take the package's. */
export interface Anchors {
  readonly roots: Bytes | null; // PEM
  readonly logKey: string | null; // C2SP verifier key
  /** All leaves of the log from its beginning, one a line; null if the reader has not fetched them. */
  readonly logEntries: Bytes | null;
  /** Roots of authorities outside the platform, PEM. */
  readonly outsideRoots: Bytes | null;
  /** Roots of outside time-stamp authorities, PEM. */
  readonly tsaRoots: Bytes | null;
  /** A C2SP tlog-policy: whose cosignatures of the log the reader wants; null to ask for none. */
  readonly policy: Bytes | null;
}

const BEGIN = "-----BEGIN X509 CRL-----";
const END = "-----END X509 CRL-----";
const MAX_CRLS = 16 * 1024 * 1024; // bytes of PEM

/** The revocation lists of a PEM file of at most 16 MiB, by the SHA-256 of their DER; BidError "crl-malformed". */
export function loadCrls(data: Bytes): ReadonlyMap<string, Crl> {
  const malformed = new BidError("crl-malformed", { file: CRLS });
  if (data.length > MAX_CRLS) throw malformed;
  const found = new Map<string, Crl>();
  let block: string[] = [];
  // Nothing but blank lines stands between blocks.
  for (const line of new TextDecoder("latin1").decode(data).split(/\r\n|\r|\n/)) {
    if (block.length > 0 || line === BEGIN) block.push(line);
    else if (/[^ \t\n\r\v\f]/.test(line)) throw malformed;
    if (line !== END) continue;
    const crl = crlIn(`${block.join("\n")}\n`);
    if (crl === null) throw malformed;
    found.set(crl.fingerprint, crl);
    block = [];
  }
  // The text after the last line end is no line where it is empty.
  if (block.join("") !== "") throw malformed;
  return found;
}

function crlIn(text: string): Crl | null {
  const bytes = Uint8Array.from(text, (character) => (character.charCodeAt(0) > 0xff ? 0xff : character.charCodeAt(0)));
  const block = pemBlocks(bytes)?.find(({ label }) => label === "X509 CRL");
  try {
    return block === undefined ? null : readCrl(block.contents);
  } catch (error) {
    if (error instanceof der.DERError) return null;
    throw error;
  }
}

/** The anchors: the reader's own where given, else the package's; null if roots or key cannot be read. */
export async function readTrust(
  files: Package, book: Book, { roots, logKey, outsideRoots }: Anchors,
): Promise<Trust | null> {
  const certificates = await readRoots(files, book, roots);
  const verifier = await readLogKey(files, book, logKey);
  if (certificates === null || verifier === null) return null;
  let crls: ReadonlyMap<string, Crl> = new Map();
  await book.step("verify-crls", [CRLS], {}, async (step) => {
    crls = loadCrls(await files.read(CRLS));
    step.params["count"] = String(crls.size);
  });
  if (crls.size === 0) await book.note("verify-no-crls", [CRLS]);
  let enrolments: ReadonlyMap<string, Enrolment> = new Map();
  await book.step("verify-enrolments", [ENROLMENTS], {}, async (step) => {
    enrolments = await parseEnrolments(await files.read(ENROLMENTS), certificates, new Revocations(Array.from(crls.values())));
    step.params["count"] = String(enrolments.size);
  });
  const outside = namesOutside(enrolments) ? await readOutside(files, book, outsideRoots) : [];
  return new Trust(certificates, crls, enrolments, verifier, outside);
}

/** Whether anybody is enrolled with a certificate from outside the platform. */
export function namesOutside(enrolments: ReadonlyMap<string, Enrolment>): boolean {
  return Array.from(enrolments.values()).some((enrolment) => enrolment.outside !== undefined);
}

async function readOutside(files: Package, book: Book, outside: Bytes | null): Promise<readonly X509[]> {
  let certificates: readonly X509[] = [];
  await book.step(outside === null ? "verify-outside-package" : "verify-outside-own", [OUTSIDE], {}, async (step) => {
    const pem = outside ?? (await files.read(OUTSIDE));
    certificates = refusing("outside roots", () => loadPem(pem));
    step.params["count"] = String(certificates.length);
    if (outside === null) step.unknown();
  });
  return certificates;
}

async function readRoots(files: Package, book: Book, roots: Bytes | null): Promise<readonly X509[] | null> {
  let certificates: readonly X509[] | null = null;
  await book.step(roots === null ? "verify-roots-package" : "verify-roots-own", [ROOTS], {}, async (step) => {
    const pem = roots ?? (await files.read(ROOTS));
    certificates = refusing("roots", () => loadPem(pem));
    if (roots === null) step.unknown();
  });
  return certificates;
}

async function readLogKey(files: Package, book: Book, logKey: string | null): Promise<NoteVerifier | null> {
  let verifier: NoteVerifier | null = null;
  await book.step(logKey === null ? "verify-key-package" : "verify-key-own", [LOG_KEY], {}, async (step) => {
    const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    const text = logKey ?? decoder.decode(await files.read(LOG_KEY));
    verifier = await refusingLater("log key", () => NoteVerifier.fromVkey(strip(text)));
    if (logKey === null) step.unknown();
  });
  return verifier;
}
