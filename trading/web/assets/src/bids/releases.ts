// A custodian's release, checked against the closing that it must bind.
import { b64decode, equal, parseTime, type Bytes } from "../signing/encoding";
import { hexdigest } from "../signing/hashing";
import { later } from "../signing/python";
import type { Statement } from "../signing/statements";
import type { Closing } from "./closing";
import { BidError, about } from "./errors";
import { verifyReleaseStatement, type Accepted } from "./examination";
import type { Leaf } from "./ledger";
import { partOf, type PartName } from "./manifest";
import { placeOf, type Custodian, type Notice, type Policy } from "./notice";
import { readSigned } from "./objects";
import { shareName } from "./package";
import { PARTS } from "./schemas";
import type { CheckedStage } from "./stages";
import { SKEW, type Trust } from "./trust";

/** A closed tender in which everything holds: `current` in the ledger's order, `suppliers` how many distinct ones. */
export interface CheckedClosing {
  readonly notice: Notice;
  readonly policy: Policy;
  readonly closing: Closing;
  readonly current: readonly Accepted[];
  readonly suppliers: number;
  readonly minimumReached: boolean;
  readonly leaves: readonly Leaf[];
}

/** For each bid the share of its public part, or a refusal, and of its files part the share's SHA-256, or a refusal. */
export interface Release {
  readonly digest: string;
  readonly at: bigint;
  readonly tender: string;
  readonly segment: string;
  readonly custodian: string;
  readonly closing: string;
  readonly rows: ReadonlyArray<readonly [string, PartName]>;
  readonly shares: ReadonlyMap<string, Bytes>;
  readonly files: ReadonlyMap<string, string>;
}

interface Row {
  readonly bid: string;
  readonly part: PartName;
  readonly share?: string;
  readonly share_sha256?: string;
}

/** A release from its statement, not yet verified; BidError "release-row". */
export function parseRelease(source: Statement): Release {
  const read = readSigned(source, "release");
  const members = read.statement as never as Readonly<Record<"at" | "tender" | "segment" | "custodian" | "closing", string>> & {
    readonly shares: readonly Row[];
  };
  const shares = new Map<string, Bytes>();
  const files = new Map<string, string>();
  for (const row of members.shares) {
    const { bid, part } = row;
    if (Object.keys(row).length !== 3 || (part === "public" ? "share_sha256" : "share") in row) {
      throw new BidError("release-row", { bid });
    }
    if (row.share !== undefined) shares.set(bid, b64decode(row.share));
    else if (row.share_sha256 !== undefined) files.set(bid, row.share_sha256);
  }
  const { tender, segment, custodian, closing } = members;
  const rows = members.shares.map(({ bid, part }) => [bid, part] as const);
  return { digest: read.digest, at: parseTime(members.at), tender, segment, custodian, closing, rows, shares, files };
}

/** The bids that are released in a segment: all current ones in the first, later those that `stage` admits; BidError. */
export function bidsOf(checked: CheckedClosing, segment: string, stage: CheckedStage | null): readonly Accepted[] {
  if (placeOf(checked.policy, segment) === 0) return checked.current;
  if (stage === null || stage.stage.segment !== segment) throw new BidError("stage-missing", { segment });
  return stage.bids;
}

/**
 * Check a custodian's signed release of the first segment, or of the one that `stage` opens, against the closing.
 *
 * 1. Signature and chain hold as of its own time; the signer is enrolled as the custodian that the policy names, and
 *    its key is the one named there. 2. It is for this tender, segment and closing, and from after the opening time or
 *    the stage statement. 3. Its rows are the parts of the current, or the admitted, bids, exactly, in the ledger's
 *    order. 4. Every share, and every digest of one, is what the bidder committed to. A refusal is taken as it is: whether it lies, nobody can tell. Raises BidError.
 */
export async function checkRelease(
  data: Bytes, checked: CheckedClosing, trust: Trust, stage: CheckedStage | null = null,
): Promise<Release> {
  const [party, read, key] = await verifyReleaseStatement(data, trust);
  const release = parseRelease(read);
  const { policy } = checked;
  const custodian = custodianOf(policy, release.custodian);
  return about(shareName(release.segment, release.custodian), () => {
    if (!equal(key, custodian.signingKey) || party.id !== custodian.id) {
      throw new BidError("release-signer", { custodian: custodian.id });
    }
    if (release.closing !== checked.closing.digest || release.tender !== policy.tender) {
      throw new BidError("release-other-closing");
    }
    const { segment } = release;
    placeOf(policy, segment);
    const turn = stage?.stage.segment ?? policy.segmentNames[0] ?? "";
    if (segment !== turn) throw new BidError("release-other-segment", { segment, wanted: turn });
    const least = stage === null ? parseTime(policy.opensAt) : later(stage.stage.at, -SKEW);
    if (release.at < least) throw new BidError("release-early", { custodian: custodian.id });
    const bids = bidsOf(checked, segment, stage);
    const wanted = bids.flatMap(({ bid }) => PARTS.map((part) => `${bid} ${part}`));
    if (release.rows.map((row) => row.join(" ")).join() !== wanted.join()) throw new BidError("release-other-bids");
    for (const bid of bids) checkCommitments(release, bid, custodian);
    return release;
  });
}

function custodianOf(policy: Policy, id: string): Custodian {
  const found = policy.custodians.find((one) => one.id === id);
  if (found === undefined) throw new BidError("custodian-unknown", { custodian: id });
  return found;
}

function checkCommitments(release: Release, { bid, manifest }: Accepted, custodian: Custodian): void {
  const share = release.shares.get(bid);
  const found = { public: share && hexdigest(share), files: release.files.get(bid) };
  for (const part of PARTS) {
    const committed = partOf(manifest, part, release.segment).shareDigests[custodian.position - 1];
    if (found[part] !== undefined && found[part] !== committed) throw new BidError("release-share", { bid, part });
  }
  if (share !== undefined && share.at(-1) !== custodian.position) throw new BidError("release-share", { bid, part: "public" });
}
