// The opening record, believed only if the platform signed it and the log has it.
import type { Api } from "../api";
import { parseEntry } from "../bids/entries";
import { BidError } from "../bids/errors";
import type { Trust } from "../bids/trust";
import { b64decode } from "../signing/encoding";
import type { VerifiedStatement } from "../signing/statements";
import { fetchEntries } from "./closed";

/** The tender's signed opening record; BidError if it is not in the log, or ApiProblem. */
export async function trustedOpening(api: Api, tender: string, trust: Trust): Promise<VerifiedStatement> {
  const record = (await api.get(`/tenders/${tender}/opening`))["record"];
  const read = await trust.platformStatement("opening-record", b64decode(String(record ?? "")));
  const logged = (await fetchEntries(api, tender)).map(parseEntry).find(({ act }) => act === "tender.opened");
  if (read.statement["tender"] !== tender || logged?.digests["opening_record"] !== read.digest) {
    throw new BidError("closing-not-logged");
  }
  return read;
}
