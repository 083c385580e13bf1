// The closing statement: the frozen ledger's checkpoint, signed and logged at the deadline.
import { parseTime, utf8, type Bytes } from "../signing/encoding";
import type { Statement } from "../signing/statements";
import { BidError } from "./errors";
import { ledgerOrigin } from "./ledger";
import { fileOf, readSigned } from "./objects";

/** A closing statement; `raw` is the file, `digest` that of the statement, which every release binds. */
export interface Closing {
  readonly raw: Bytes;
  readonly digest: string;
  readonly at: bigint;
  readonly tender: string;
  readonly policy: string;
  readonly deadline: bigint;
  readonly checkpoint: Bytes; // the ledger's signed note verbatim
  readonly log: string; // the log's origin
  readonly ledgerOrigin: string;
}

/** A closing as `signing` read it; BidError "closing-early", "closing-origin". */
export function parseClosing(source: Statement): Closing {
  const read = readSigned(source, "closing");
  const members = read.statement as never as Readonly<Record<string, string>>;
  const { tender = "", policy = "", log = "", checkpoint = "" } = members;
  const at = parseTime(members["at"] ?? "");
  const deadline = parseTime(members["deadline"] ?? "");
  const origin = ledgerOrigin(log, tender);
  if (at < deadline) throw new BidError("closing-early");
  if (!checkpoint.startsWith(`${origin}\n`)) throw new BidError("closing-origin", { wanted: origin });
  return {
    raw: fileOf(read), digest: read.digest, at, tender, policy, deadline, checkpoint: utf8(checkpoint), log, ledgerOrigin: origin,
  };
}
