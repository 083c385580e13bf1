// What a verifier trusts, and what it knows of the parties: roots, revocation lists, enrolments, the log.
import { dumps, loads } from "../signing/canonical";
import type { Party } from "../signing/certificates";
import { verifyWithChain, type Verified } from "../signing/cms_reading";
import { parseTime, type Bytes } from "../signing/encoding";
import type { NoteVerifier } from "../signing/notes";
import { partyNamed, type Usage } from "../signing/profile";
import { later } from "../signing/python";
import { Revocations } from "../signing/revocations";
import { verifyStatement, type VerifiedStatement } from "../signing/statements";
import { sameName, type Crl, type X509 } from "../signing/x509";
import { BidError, refusing, refusingLater } from "./errors";
import { checkSize, readSigned, typeOf } from "./objects";

// Agencies, custodians and suppliers state times by their own clocks, which may differ by so much.
export const SKEW = 5n * 60n * 1_000_000n; // microseconds

/** The platform's statement of whom a certificate belongs to; `certificate` is the SHA-256 of its DER. */
export interface Enrolment {
  readonly at: bigint;
  readonly certificate: string;
  readonly party: string;
  readonly organisation: string;
  readonly role: string;
}

async function verifyEnrolment(
  data: Bytes, roots: readonly X509[], revocations: Revocations | null,
): Promise<Enrolment> {
  const read = await verifyPlatform(data, "enrolment", "statement", roots, revocations);
  const members = readSigned(read, "enrolment").statement as never as Omit<Enrolment, "at"> & { readonly at: string };
  return { ...members, at: parseTime(members.at) };
}

/**
 * A signed statement of the platform of the type `what`, chain and revocation judged as of its own `at`; BidError.
 *
 * Its members are unchecked. What `revocations` does not know of counts as good.
 */
export async function verifyPlatform(
  data: Bytes, what: string, usage: Usage, roots: readonly X509[], revocations: Revocations | null,
): Promise<VerifiedStatement> {
  return refusingLater(what, async () => {
    const read = await verifyStatement(data, typeOf(what), roots, "platform", usage);
    if (revocations !== null) {
      const at = parseTime(String(read.statement["at"]));
      await revocations.check(read.verified.certificate, authorityOf(read.verified), at);
      await checkAuthority(read.verified, roots, revocations, at);
    }
    return read;
  });
}

function authorityOf({ intermediates }: Verified): X509 {
  return intermediates[0] as X509;
}

/** CertificateError "revoked" if the root revoked the issuing authority by `at`. */
async function checkAuthority(
  verified: Verified, roots: readonly X509[], revocations: Revocations, at: bigint,
): Promise<void> {
  const authority = authorityOf(verified);
  for (const root of roots) {
    if (sameName(root.subject, authority.issuer)) await revocations.check(authority, root, at);
  }
}

/** The enrolments of `certificates/enrolments.json`, by certificate fingerprint, every signature checked; BidError. */
export async function parseEnrolments(
  data: Bytes, roots: readonly X509[], revocations: Revocations | null = null,
): Promise<ReadonlyMap<string, Enrolment>> {
  checkSize(data, "enrolments");
  const files = refusing("enrolments", () => loads(data));
  if (!Array.isArray(files)) {
    throw new BidError("form-list", { path: "enrolments", least: 0, most: "any number" });
  }
  const found = new Map<string, Enrolment>();
  for (const file of files) {
    const enrolment = await verifyEnrolment(dumps(file), roots, revocations);
    const { certificate } = enrolment;
    if (found.has(certificate)) throw new BidError("enrolment-twice", { certificate });
    found.set(certificate, enrolment);
  }
  return found;
}

/** A verifier's anchors and what it was given beside them: lists by their SHA-256, enrolments by fingerprint. */
export class Trust {
  readonly revocations: Revocations;

  constructor(
    readonly roots: readonly X509[],
    readonly crls: ReadonlyMap<string, Crl>,
    readonly enrolments: ReadonlyMap<string, Enrolment>,
    readonly log: NoteVerifier,
  ) {
    this.revocations = new Revocations(Array.from(crls.values()));
  }

  get logOrigin(): string {
    return this.log.name;
  }

  /** Whose certificate this is, by its enrolment and by its own subject, which must agree; BidError. */
  resolve(used: X509, at: bigint): Party {
    const certificate = used.fingerprint;
    const enrolment = this.enrolments.get(certificate);
    if (enrolment === undefined) throw new BidError("not-enrolled", { certificate });
    if (enrolment.at > later(at, SKEW)) throw new BidError("enrolled-later", { certificate });
    const party = refusing("certificate", () => partyNamed(used));
    if (enrolment.party !== party.id || enrolment.organisation !== party.organisation || enrolment.role !== party.role) {
      throw new BidError("enrolment-disagrees", { certificate });
    }
    return party;
  }

  /** Check a party's signature beside `data` by the revocation list with the digest `crl`; BidError that names `what`. */
  async verify(
    what: string, data: Bytes, signature: Bytes, at: bigint, role: string, crl: string,
  ): Promise<readonly [Party, Verified]> {
    const list = this.crls.get(crl);
    if (list === undefined) throw new BidError("crl-unknown", { crl });
    const verified = await refusingLater(what, async () => {
      const found = await verifyWithChain(data, signature, this.roots, at, "parties", "party", [list]);
      await checkAuthority(found, this.roots, this.revocations, at);
      return found;
    });
    return [this.inRole(what, verified, role, at), verified];
  }

  /** Check a party's signed statement of the type `what`, as of its own `at`; BidError. */
  async verifyStatement(what: string, data: Bytes, role: string): Promise<readonly [Party, VerifiedStatement]> {
    const read = await refusingLater(what, async () => {
      const found = await verifyStatement(data, typeOf(what), this.roots, "parties", "party", Array.from(this.crls.values()));
      await checkAuthority(found.verified, this.roots, this.revocations, parseTime(String(found.statement["at"])));
      return found;
    });
    readSigned(read, what);
    return [this.inRole(what, read.verified, role, parseTime(String(read.statement["at"]))), read];
  }

  /** Check a signed statement of the platform of the type `what`, as of its own `at`; BidError. */
  async platformStatement(what: string, data: Bytes, usage: Usage = "statement"): Promise<VerifiedStatement> {
    const read = await verifyPlatform(data, what, usage, this.roots, this.revocations);
    readSigned(read, what);
    return read;
  }

  /** When a signer's certificate was revoked, as far as any list says; null if none does. */
  revokedAt(verified: Verified): Promise<bigint | null> {
    return this.revocations.timeOf(verified.certificate, authorityOf(verified));
  }

  private inRole(what: string, verified: Verified, role: string, at: bigint): Party {
    const party = this.resolve(verified.certificate, at);
    if (party.role !== role) throw new BidError("signer-role", { what, wanted: role, role: party.role });
    return party;
  }
}
