// Time-stamps on receipts: an RFC 3161 token says that the platform's signature was there at a time.
import { parseTime, type Bytes } from "../signing/encoding";
import { signatureValue } from "../signing/cms_reading";
import { CertificateError, SigningError } from "../signing/errors";
import { sha256 } from "../signing/hashing";
import { KIND_POLICIES, extensionsOf } from "../signing/profile";
import { later } from "../signing/python";
import type { Revocations } from "../signing/revocations";
import { granted } from "../signing/timestamp_messages";
import { readOutsideToken, verifyOutsideToken } from "../signing/timestamp_outside";
import { verifyToken, type TimeStamp } from "../signing/timestamps";
import { sameName, type X509 } from "../signing/x509";
import { BidError, refusing, refusingLater } from "./errors";
import { SKEW, checkAuthority } from "./trust";

// A token made later than this after the receipt says little of when the receipt was given.
const PROMPT = SKEW;

/** The platform's own, an outside one under a root that was given, or one that nobody vouches for here. */
type Authority = "own" | "outside" | "unrooted";

/** What a time-stamp needs to know of a receipt, be it for a bid or for unlocking. */
export interface Given {
  readonly bid: string;
  readonly at: string;
  readonly receivedAt: string;
  readonly cms: Bytes;
  readonly token: Bytes | null;
}

/** A receipt's time-stamp that holds; `late`: by how many microseconds it is from after the receipt, zero if prompt. */
export interface Stamped {
  readonly stamp: TimeStamp;
  readonly authority: Authority;
  readonly late: bigint;
}

/** What a token on a receipt is over: the SHA-256 of the signature value in its CMS (DER); BidError. */
export function imprintOf(receiptCms: Bytes): Bytes {
  return refusing("receipt", () => sha256(signatureValue(receiptCms)));
}

/** The file `receipt.tsr`: the token in a TimeStampResp. */
export function tokenFile(token: Bytes): Bytes {
  return granted(token);
}

/** Check a receipt's token by the rules of bids/tokens.py; null if it has none; BidError. */
export async function examineToken(
  receipt: Given, roots: readonly X509[], outside: readonly X509[], revocations: Revocations | null = null,
): Promise<Stamped | null> {
  const { token } = receipt;
  if (token === null) return null;
  const imprint = imprintOf(receipt.cms);
  const [stamp, authority] = await refusingLater("time-stamp", async () => {
    const found = await verified(token, imprint, roots, outside);
    const [{ certificate, intermediates: [issuer], time }, whose] = found;
    if (whose === "own" && revocations !== null && issuer !== undefined) {
      await revocations.check(certificate, issuer, time);
      await checkAuthority(issuer, roots, revocations, time);
    }
    return found;
  });
  const slack = SKEW + (stamp.accuracy ?? 0n);
  if (stamp.time < later(parseTime(receipt.at), -slack)) throw new BidError("token-early", { bid: receipt.bid });
  const late = stamp.time - parseTime(receipt.receivedAt);
  return { stamp, authority, late: late > PROMPT ? late : 0n };
}

async function verified(
  token: Bytes, imprint: Bytes, roots: readonly X509[], outside: readonly X509[],
): Promise<readonly [TimeStamp, Authority]> {
  const anchors = outside.filter((one) => sameName(one.subject, one.issuer));
  try {
    return [await verifyToken(token, imprint, roots), "own"];
  } catch (error) {
    if (!(error instanceof SigningError)) throw error;
    const stamp = await readOutsideToken(token, imprint);
    // Another platform's authority may be an outside one here; without its root it could be a false own one.
    if (claimsPlatform(stamp.certificate) && !(await leadsTo(token, imprint, anchors, outside))) throw error;
    if (anchors.length === 0) return [stamp, "unrooted"];
    return [await verifyOutsideToken(token, imprint, anchors, outside), "outside"];
  }
}

async function leadsTo(
  token: Bytes, imprint: Bytes, anchors: readonly X509[], others: readonly X509[],
): Promise<boolean> {
  try {
    await verifyOutsideToken(token, imprint, anchors, others);
    return true;
  } catch (error) {
    if (error instanceof SigningError) return false;
    throw error;
  }
}

/** Whether a certificate says to be one of the platform's, which then has to be true. */
function claimsPlatform(certificate: X509): boolean {
  try {
    return extensionsOf(certificate).policies.has(KIND_POLICIES.platform);
  } catch (error) {
    if (error instanceof CertificateError) return false;
    throw error;
  }
}
