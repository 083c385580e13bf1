// What a verifier trusts, and what it knows of the parties: roots, revocation lists, enrolments, the log.
import { dumps, loads } from "../signing/canonical";
import type { Party } from "../signing/certificates";
import { verifyWithChain, type Verified } from "../signing/cms_reading";
import { parseTime, type Bytes } from "../signing/encoding";
import type { NoteVerifier } from "../signing/notes";
import { partyNamed, type Usage } from "../signing/profile";
import { later } from "../signing/python";
import { verifyStatement, type VerifiedStatement } from "../signing/statements";
import type { Crl, X509 } from "../signing/x509";
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

async function verifyEnrolment(data: Bytes, roots: readonly X509[]): Promise<Enrolment> {
  const read = await refusingLater("enrolment", () =>
    verifyStatement(data, typeOf("enrolment"), roots, "platform", "statement"),
  );
  const members = readSigned(read, "enrolment").statement as never as Omit<Enrolment, "at"> & { readonly at: string };
  return { ...members, at: parseTime(members.at) };
}

/** The enrolments of `certificates/enrolments.json`, by certificate fingerprint, every signature checked; BidError. */
export async function parseEnrolments(data: Bytes, roots: readonly X509[]): Promise<ReadonlyMap<string, Enrolment>> {
  checkSize(data, "enrolments");
  const files = refusing("enrolments", () => loads(data));
  if (!Array.isArray(files)) {
    throw new BidError("form-list", { path: "enrolments", least: 0, most: "any number" });
  }
  const found = new Map<string, Enrolment>();
  for (const file of files) {
    const enrolment = await verifyEnrolment(dumps(file), roots);
    const { certificate } = enrolment;
    if (found.has(certificate)) throw new BidError("enrolment-twice", { certificate });
    found.set(certificate, enrolment);
  }
  return found;
}

/** A verifier's anchors and what it was given beside them: lists by their SHA-256, enrolments by fingerprint. */
export class Trust {
  constructor(
    readonly roots: readonly X509[],
    readonly crls: ReadonlyMap<string, Crl>,
    readonly enrolments: ReadonlyMap<string, Enrolment>,
    readonly log: NoteVerifier,
  ) {}

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
    const verified = await refusingLater(what, () =>
      verifyWithChain(data, signature, this.roots, at, "parties", "party", [list]),
    );
    return [this.inRole(what, verified, role, at), verified];
  }

  /** Check a party's signed statement of the type `what`, as of its own `at`; BidError. */
  async verifyStatement(what: string, data: Bytes, role: string): Promise<readonly [Party, VerifiedStatement]> {
    const read = await refusingLater(what, () =>
      verifyStatement(data, typeOf(what), this.roots, "parties", "party", Array.from(this.crls.values())),
    );
    readSigned(read, what);
    return [this.inRole(what, read.verified, role, parseTime(String(read.statement["at"]))), read];
  }

  /** Check a signed statement of the platform of the type `what`, as of its own `at`; BidError. */
  async platformStatement(what: string, data: Bytes, usage: Usage = "statement"): Promise<VerifiedStatement> {
    const read = await refusingLater(what, () => verifyStatement(data, typeOf(what), this.roots, "platform", usage));
    readSigned(read, what);
    return read;
  }

  private inRole(what: string, verified: Verified, role: string, at: bigint): Party {
    const party = this.resolve(verified.certificate, at);
    if (party.role !== role) throw new BidError("signer-role", { what, wanted: role, role: party.role });
    return party;
  }
}
