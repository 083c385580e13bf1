// The custodians' releases and the set of them that was frozen.
import { parseTime } from "../../signing/encoding";
import { later } from "../../signing/python";
import type { Entry } from "../entries";
import { BidError } from "../errors";
import { LOG_ENTRIES, shareName, type Package } from "../package";
import { checkRelease, type CheckedClosing, type Release } from "../releases";
import type { Trust } from "../trust";
import type { Book } from "./findings";
import { embedded, type Log } from "./log";
import type { Stated } from "./stages";

interface Frozen {
  readonly at: string;
  readonly tender: string;
  readonly closing: string;
  readonly segment: string;
  readonly releases: ReadonlyArray<{ readonly custodian: string; readonly sha256: string }>;
}

/**
 * The releases of the segment at `place`, which opens by the stage statement `stage` unless it is first.
 *
 * 1. The platform froze, once, the set of releases that count: for this closing, all of them or at least the threshold
 * after the grace period. 2. Each is there, signed by its custodian, and its shares are those that the bidders
 * committed to. 3. None that the log had received before the freezing was left out. Custodians that are not among them,
 * whose releases the platform says it refused, or whose releases say that shares do not open, are named.
 */
export async function checkReleases(
  files: Package, book: Book, trust: Trust, log: Log, checked: CheckedClosing, place: number, stage: Stated | null,
): Promise<readonly Release[] | null> {
  const segment = checked.policy.segmentNames[place] ?? "";
  const admitted = stage?.checked ?? null;
  const found: { entry: Entry; frozen: Frozen }[] = [];
  await book.step("verify-frozen-set", [LOG_ENTRIES], {}, async () => {
    const entry = log.nth("opening.frozen", place, checked.policy.segments.length);
    found.push({ entry, frozen: await frozenSet(trust, log, entry, checked, segment, stage) });
  });
  const [read] = found;
  if (read === undefined) {
    await book.note("verify-skipped", [LOG_ENTRIES]);
    return null;
  }
  const listed = read.frozen.releases;
  const releases: Release[] = [];
  await book.step("verify-releases", [], { count: listed.length }, async (step) => {
    for (const { custodian, sha256 } of listed) {
      const file = shareName(segment, custodian);
      await step.guard([file], async () => {
        const release = await checkRelease(await files.read(file), checked, trust, admitted);
        if (release.custodian !== custodian || release.digest !== sha256) {
          throw new BidError("release-not-frozen", { custodian, file });
        }
        releases.push(release);
      });
    }
  });
  await book.step("verify-releases-all", [LOG_ENTRIES], {}, (step) => {
    const known = listed.map((row) => row.sha256);
    const own = admitted?.stage.digest;
    for (const received of log.before(read.entry, "custody.released")) {
      const named = received.digests["stage"];
      const stated = log.before(received, "tender.admitted").map((one) => one.digests["stage"]);
      if (named !== own && [undefined, ...stated].includes(named)) continue;
      if (!known.includes(received.digests["release"] ?? "")) step.fail(new BidError("release-left-out", { file: LOG_ENTRIES }));
    }
  });
  const counted = new Set(listed.map((row) => row.custodian));
  const absent = checked.policy.custodians.filter((one) => !counted.has(one.id)).map((one) => one.name);
  if (absent.length > 0) await book.note("verify-releases-absent", [LOG_ENTRIES], { names: absent.join(", ") });
  await tellRefused(book, log, checked, read.entry, place);
  await tellKeptBack(book, checked, releases, segment);
  return releases.length < listed.length ? null : releases;
}

/** Whose releases the platform refused for this segment, by its own entries. */
async function tellRefused(book: Book, log: Log, checked: CheckedClosing, frozen: Entry, place: number): Promise<void> {
  const before = place === 0 ? undefined : log.of("opening.frozen")[place - 1];
  const earlier = before === undefined ? [] : log.before(before, "custody.refused");
  const refused = log.before(frozen, "custody.refused").filter((entry) => !earlier.includes(entry));
  const whose = new Set(refused.map((entry) => entry.organisation));
  const names = checked.policy.custodians.filter((one) => whose.has(one.id)).map((one) => one.name);
  if (names.length > 0) await book.note("verify-releases-refused", [LOG_ENTRIES], { names: names.join(", ") });
}

async function tellKeptBack(
  book: Book, checked: CheckedClosing, releases: readonly Release[], segment: string,
): Promise<void> {
  const kept = new Map(releases.map((one) => [one.custodian, one.rows.length - one.shares.size - one.files.size] as const));
  const custodians = checked.policy.custodians.filter((one) => (kept.get(one.id) ?? 0) > 0);
  if (custodians.length === 0) return;
  const names = custodians.map((one) => `${one.name} (${kept.get(one.id) ?? 0})`).join(", ");
  await book.note("verify-releases-kept-back", custodians.map((one) => shareName(segment, one.id)), { names });
}

async function frozenSet(
  trust: Trust, log: Log, entry: Entry, checked: CheckedClosing, segment: string, stage: Stated | null,
): Promise<Frozen> {
  const { statement } = await trust.platformStatement("release-set", embedded(entry));
  const frozen = statement as never as Frozen;
  const { policy, closing } = checked;
  if (frozen.tender !== policy.tender || frozen.closing !== closing.digest || frozen.segment !== segment) {
    throw new BidError("release-set-other", { file: LOG_ENTRIES });
  }
  const count = frozen.releases.length;
  if (new Set(frozen.releases.map((row) => row.custodian)).size !== count) {
    throw new BidError("release-set-twice", { file: LOG_ENTRIES });
  }
  if (stage !== null && log.position(entry) < log.position(stage.entry)) {
    throw new BidError("entry-order", { act: entry.act, file: LOG_ENTRIES });
  }
  const early = parseTime(frozen.at) < later(stage === null ? closing.at : stage.entry.at, BigInt(policy.graceSeconds) * 1_000_000n);
  if (count < policy.threshold || (count < policy.custodians.length && early)) {
    throw new BidError("release-set-early", { count, file: LOG_ENTRIES });
  }
  return frozen;
}
