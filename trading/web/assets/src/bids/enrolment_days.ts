// The daily root of suppliers' enrolments: a party's own place under it, opened, as bids/enrolment_days.py has it.
import type { Bytes } from "../signing/encoding";
import { MerkleError } from "../signing/errors";
import { hexdigest } from "../signing/hashing";
import { leafHash, verifyInclusion } from "../signing/merkle";
import { BidError } from "./errors";
import type { Entry } from "./entries";
import { readObject } from "./objects";

const ACT = "certificates.day";
const SIZE = 1n << 64n;
const PLACE = 16; // hex digits of a party's id

/** What a day's root says of one party: the SHA-256 of its enrolments' files. */
export interface Listed {
  readonly day: string;
  readonly party: string;
  readonly enrolments: readonly string[];
}

/**
 * What the root in `entry`, a day's in the log, says of `party`: the leaf is the party's own, of that very day, and
 * `hashes` (from the leaf up) lead from the party's place to the root. BidError.
 */
export function readOpening(entry: Entry, leaf: Bytes, hashes: readonly Bytes[], party: string): Listed {
  const { root, day } = entry.digests;
  if (entry.act !== ACT || root === undefined || day === undefined) throw new BidError("enrolment-day-entry");
  const listed = readObject(leaf, "enrolled") as never as Listed;
  const same = listed.party === party && day === hexdigest(new TextEncoder().encode(listed.day));
  if (!same || !isDay(listed.day)) throw new BidError("enrolment-day-other", { party });
  try {
    verifyInclusion(BigInt(`0x${party.slice(0, PLACE)}`), SIZE, leafHash(leaf), hashes, fromHex(root));
  } catch (error) {
    if (error instanceof MerkleError) throw new BidError("enrolment-day-root", { party });
    throw error;
  }
  return listed;
}

/** The end of a day (UTC+8), in microseconds since 1970: what was enrolled before it is listed. */
export function dayEnd(day: string): bigint {
  return BigInt(Date.parse(`${day}T00:00:00+08:00`) + 24 * 3_600_000) * 1000n;
}

/** Whether there is such a day: a script's Date would take the 30th of February for the 2nd of March. */
function isDay(text: string): boolean {
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

function fromHex(text: string): Bytes {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}
