// The opening record, believed only if the platform signed it and the log has it.
import type { Api } from "../api";
import { parseEntry } from "../bids/entries";
import { BidError } from "../bids/errors";
import type { Trust } from "../bids/trust";
import { b64decode, type Bytes } from "../signing/encoding";
import type { VerifiedStatement } from "../signing/statements";
import { fetchEntries } from "./closed";

/** The opening records as the platform shows them, to the byte: of the segments before the last, and of the last. */
export interface ShownRecords {
  readonly stages: ReadonlyArray<{ readonly segment: string; readonly record: Bytes }>;
  readonly last: Bytes | null;
}

export async function shownRecords(api: Api, tender: string): Promise<ShownRecords> {
  const answer = await api.get(`/tenders/${tender}/opening`);
  const stages = answer["stages"] as ReadonlyArray<{ readonly segment: string; readonly record: string }>;
  const last = answer["record"];
  return {
    stages: stages.map(({ segment, record }) => ({ segment, record: b64decode(record) })),
    last: last === null || last === undefined ? null : b64decode(String(last)),
  };
}

/** The signed opening record of a segment, "" for the last; BidError if it is not in the log, or ApiProblem. */
export async function trustedOpening(api: Api, tender: string, trust: Trust, segment = ""): Promise<VerifiedStatement> {
  const { stages, last } = await shownRecords(api, tender);
  const at = stages.findIndex((one) => one.segment === segment);
  const [place, file] = at < 0 ? [stages.length, last] : [at, stages[at]?.record ?? null];
  const read = await trust.platformStatement("opening-record", file ?? new Uint8Array(0));
  const logged = (await fetchEntries(api, tender)).map(parseEntry).filter(({ act }) => act === "tender.opened")[place];
  if (read.statement["tender"] !== tender || logged?.digests["opening_record"] !== read.digest) {
    throw new BidError("closing-not-logged");
  }
  return read;
}
