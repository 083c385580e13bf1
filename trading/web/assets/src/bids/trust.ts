// What a verifier trusts, and what it knows of the parties: roots, revocation lists, enrolments, the log.
import { dumps, loads } from "../signing/canonical";
import type { Party } from "../signing/certificates";
import { verifyChain, verifyOutsideChain } from "../signing/chains";
import { verify, type Verified } from "../signing/cms_reading";
import { parseTime, type Bytes } from "../signing/encoding";
import { hexdigest } from "../signing/hashing";
import type { NoteVerifier } from "../signing/notes";
import { identifiersOf, outsideParty, partyNamed, type Usage } from "../signing/profile";
import { later } from "../signing/python";
import { Revocations } from "../signing/revocations";
import { readStatement, statedTime, verifyStatement, type VerifiedStatement } from "../signing/statements";
import { sameName, type Crl, type X509 } from "../signing/x509";
import { BidError, refusing, refusingLater } from "./errors";
import { STAMPED, checkSize, readSigned, typeOf } from "./objects";

// Agencies, custodians and suppliers state times by their own clocks, which may differ by so much.
export const SKEW = 5n * 60n * 1_000_000n; // microseconds

/** Where a certificate of an authority outside the platform comes from: its anchor's SHA-256 (DER), and the attribute
 * ("subject:2.5.4.97") where it writes organisations' ids, with its value. */
export interface Outside {
  readonly authority: string;
  readonly attribute: string;
  readonly value: string;
}

/** The platform's statement of whom a certificate belongs to; `certificate` is the SHA-256 of its DER, `digest` that of
 * the statement, `file` that of its file. */
export interface Enrolment {
  readonly digest: string;
  readonly file: string;
  readonly at: bigint;
  readonly certificate: string;
  readonly party: string;
  readonly organisation: string;
  readonly role: string;
  readonly outside?: Outside;
}

async function verifyEnrolment(
  data: Bytes, roots: readonly X509[], revocations: Revocations | null,
): Promise<Enrolment> {
  const read = await verifyPlatform(data, "enrolment", "statement", roots, revocations);
  const members = readSigned(read, "enrolment").statement as never as Omit<Enrolment, "at"> & { readonly at: string };
  return { ...members, at: parseTime(members.at), digest: read.digest, file: hexdigest(data) };
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
    const read = await verifyStatement(data, typeOf(what), roots, "platform", usage, [], STAMPED.includes(what));
    if (revocations !== null) {
      const at = parseTime(String(read.statement["at"]));
      await revocations.check(read.verified.certificate, authorityOf(read.verified), at);
      await checkAuthority(authorityOf(read.verified), roots, revocations, at);
    }
    return read;
  });
}

function authorityOf({ intermediates }: Verified): X509 {
  return intermediates[0] as X509;
}

/** CertificateError "revoked" if the root revoked this issuing authority by `at`. */
export async function checkAuthority(
  authority: X509, roots: readonly X509[], revocations: Revocations, at: bigint,
): Promise<void> {
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
    readonly outside: readonly X509[] = [],
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
    const [party, agrees] = refusing("certificate", () => this.named(used));
    if (!agrees || enrolment.party !== party.id || enrolment.organisation !== party.organisation || enrolment.role !== party.role) {
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
    const verified = await refusingLater(what, () => this.signature(data, signature, at, [list]));
    return [this.inRole(what, verified, role, at), verified];
  }

  /** As `verify` by every list, for whoever the certificate names: `resolve` must still be asked. */
  async verifySignature(what: string, data: Bytes, signature: Bytes, at: bigint): Promise<readonly [Party, Verified]> {
    return refusingLater(what, async () => {
      const verified = await this.signature(data, signature, at, Array.from(this.crls.values()));
      return [this.named(verified.certificate)[0], verified] as const;
    });
  }

  /** Check a party's signed statement of the type `what`, as of its own `at`; BidError. */
  async verifyStatement(what: string, data: Bytes, role: string): Promise<readonly [Party, VerifiedStatement]> {
    const read = await refusingLater(what, async () => {
      const found = readStatement(data, typeOf(what));
      const lists = Array.from(this.crls.values());
      return { ...found, verified: await this.signature(found.bytes, found.signature, statedTime(found), lists) };
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
  async revokedAt({ certificate, intermediates: [issuer] }: Verified): Promise<bigint | null> {
    const known = issuer ?? this.anchorOf(certificate);
    return known === undefined ? null : this.revocations.timeOf(certificate, known);
  }

  /** CMS, and the chain to our root, or to that of the outside authority that an enrolment names. */
  private async signature(data: Bytes, signature: Bytes, at: bigint, lists: readonly Crl[]): Promise<Verified> {
    const verified = await verify(data, signature);
    const { certificate, intermediates } = verified;
    const outside = this.enrolments.get(certificate.fingerprint)?.outside;
    if (outside === undefined) {
      await verifyChain(certificate, intermediates, this.roots, at, "parties", "party", lists);
      await checkAuthority(authorityOf(verified), this.roots, this.revocations, at);
      return verified;
    }
    const anchor = this.anchorOf(certificate);
    if (anchor === undefined) throw new BidError("outside-unknown", { authority: outside.authority });
    await verifyOutsideChain(certificate, intermediates, anchor, at, lists);
    const [issuer] = intermediates;
    if (issuer !== undefined) await this.revocations.check(issuer, anchor, at);
    return verified;
  }

  /** The party that a certificate names, and whether an outside authority wrote what its enrolment says. */
  private named(certificate: X509): readonly [Party, boolean] {
    const enrolment = this.enrolments.get(certificate.fingerprint);
    if (enrolment?.outside === undefined) return [partyNamed(certificate), true];
    const { outside, party: id, organisation, role } = enrolment;
    const [party, value] = outsideParty(certificate, outside.attribute, id, organisation, role);
    const identifier = organisation.slice(organisation.indexOf(":") + 1);
    return [party, value === outside.value && identifiersOf(value).includes(identifier)];
  }

  /** The trusted anchor of the outside authority that a certificate's enrolment names. */
  private anchorOf(certificate: X509): X509 | undefined {
    const wanted = this.enrolments.get(certificate.fingerprint)?.outside?.authority;
    return this.outside.find((each) => each.fingerprint === wanted);
  }

  private inRole(what: string, verified: Verified, role: string, at: bigint): Party {
    const party = this.resolve(verified.certificate, at);
    if (party.role !== role) throw new BidError("signer-role", { what, wanted: role, role: party.role });
    return party;
  }
}
