// The award statement: the ranking, the working it follows from, and the winner.
import type { JSONObject } from "../signing/canonical";
import { parseTime } from "../signing/encoding";
import type { Statement } from "../signing/statements";
import { BidError } from "./errors";
import { readSigned } from "./objects";

/** An award statement as read; `digest` is the SHA-256 of its canonical statement bytes. */
export interface Award {
  readonly digest: string;
  readonly tender: string;
  readonly at: bigint;
  readonly rule: string;
  readonly working: JSONObject;
  readonly ranking: readonly JSONObject[];
  readonly winner: string;
}

/** An award from its statement, not yet verified; BidError "award-winner" if the winner is not ranked. */
export function parseAward(source: Statement): Award {
  const read = readSigned(source, "award");
  const { at, tender, rule, working, ranking, winner } = read.statement as never as Omit<Award, "at"> & { readonly at: string };
  if (!ranking.some((row) => row["bid"] === winner)) throw new BidError("award-winner");
  return { digest: read.digest, tender, at: parseTime(at), rule, working, ranking, winner };
}
