// A segment's opening record as read: which bids opened, what was announced, and why others did not open.
import type { JSONObject } from "../signing/canonical";
import { parseTime } from "../signing/encoding";
import type { Statement } from "../signing/statements";
import { BidError } from "./errors";
import { readSigned } from "./objects";
import { isPriced } from "./segments";

/** An opening record as read; `digest` is the SHA-256 of its canonical statement bytes. */
export interface OpeningRecord {
  readonly digest: string;
  readonly tender: string;
  readonly at: bigint;
  readonly closing: string;
  readonly bids: readonly JSONObject[];
}

/** A record from its statement; BidError "opening-row" if a row says too much or too little, "bid-twice". */
export function parseOpeningRecord(source: Statement): OpeningRecord {
  const read = readSigned(source, "opening-record");
  const members = read.statement as never as Omit<OpeningRecord, "at" | "digest"> & { readonly at: string };
  for (const row of members.bids) {
    const announced = isPriced(String(row["segment"])) ? "announced,total" : "announced";
    const wanted = row["opened"] === true ? announced : "fault,reason";
    const told = Object.keys(row).filter((name) => !["bid", "supplier", "segment", "opened"].includes(name));
    if (told.sort().join() !== wanted) throw new BidError("opening-row", { bid: String(row["bid"]) });
  }
  const places = new Set(members.bids.map((row) => `${String(row["bid"])} ${String(row["segment"])}`));
  if (places.size !== members.bids.length) throw new BidError("bid-twice");
  const { tender, closing, bids } = members;
  return { digest: read.digest, tender, at: parseTime(members.at), closing, bids };
}
