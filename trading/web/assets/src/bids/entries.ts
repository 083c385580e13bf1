// Entries of the public log: who did what, when, with which digests.
import { dumps, type JSONObject } from "../signing/canonical";
import { parseTime, type Bytes } from "../signing/encoding";
import { hexdigest } from "../signing/hashing";
import { readObject } from "./objects";

/** A leaf of the public log, `raw` its exact bytes. */
export interface Entry {
  readonly raw: Bytes;
  readonly digest: string;
  readonly at: bigint;
  readonly act: string;
  readonly tender: string | null;
  /** The organisation whose act it is, by its id. */
  readonly organisation: string | null;
  readonly digests: Readonly<Record<string, string>>;
  /** The signed statement inside, as the file it would be. */
  readonly statementFile: Bytes | null;
}

/** An entry from a leaf's bytes; BidError. */
export function parseEntry(raw: Bytes): Entry {
  const members = readObject(raw, "entry") as never as {
    readonly at: string;
    readonly act: string;
    readonly tender?: string;
    readonly who?: { readonly organisation: string };
    readonly digests?: Readonly<Record<string, string>>;
    readonly statement?: JSONObject;
  };
  return {
    raw,
    digest: hexdigest(raw),
    at: parseTime(members.at),
    act: members.act,
    tender: members.tender ?? null,
    organisation: members.who?.organisation ?? null,
    digests: members.digests ?? {},
    statementFile: members.statement === undefined ? null : dumps(members.statement),
  };
}
