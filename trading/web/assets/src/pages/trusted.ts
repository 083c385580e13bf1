// What this page believes: a notice that its agency signed, a receipt that the platform signed, under one root.
import type { Api } from "../api";
import { BidError } from "../bids/errors";
import { examineNotice } from "../bids/examination";
import { verifyNotice, type VerifiedNotice } from "../bids/notice";
import { verifyReceipt, type Receipt } from "../bids/receipts";
import { hexdigest } from "../signing/hashing";
import { loadPem } from "../signing/profile";
import type { X509 } from "../signing/x509";
import { fetchTrust } from "./closed";

/** A platform's root as it shows it, to be compared with the one on paper, and what is checked against it. */
export class Trusted {
  private constructor(private readonly roots: readonly X509[]) {}

  static async of(api: Api): Promise<Trusted> {
    return new Trusted(loadPem(await api.bytes("/certificates/roots.pem")));
  }

  /** SHA-256 of each root certificate. */
  get fingerprints(): string[] {
    return this.roots.map((root) => hexdigest(root.raw));
  }

  /** The tender's notice in force: its agency's signature, chain and role, and each custodian's over its key. */
  async notice(api: Api, tender: string): Promise<VerifiedNotice> {
    const [raw, signature] = await Promise.all([
      api.bytes(`/tenders/${tender}/notice.json`), api.bytes(`/tenders/${tender}/notice.p7s`),
    ]);
    try {
      return await verifyNotice(raw, signature, this.roots);
    } catch (error) {
      if (!(error instanceof BidError) || error.code !== "certificate-untrusted") throw error;
      // The agency's certificate may be from outside the platform: then an enrolment under the root says so.
      return examineNotice(raw, signature, await fetchTrust(api, tender));
    }
  }

  /** Throws unless the platform's receipt key signed the receipt. */
  async receipt(receipt: Receipt): Promise<void> {
    await verifyReceipt(receipt.raw, this.roots);
  }
}
