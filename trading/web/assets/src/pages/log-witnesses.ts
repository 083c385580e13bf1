// The witnesses whose cosignatures of the log this reader wants before anything is released or unlocked.
import type { Api } from "../api";
import { bare } from "../signing/cosignatures";
import { utf8, type Bytes } from "../signing/encoding";
import { NoteError } from "../signing/errors";
import type { LogPolicy } from "../signing/policies";
import type { LogFollower } from "./log-follower";
import { Refused } from "./words";

const PAUSE = 1000; // milliseconds between two looks

/** Too few witnesses have cosigned yet. */
export class Uncosigned extends Refused {}

/**
 * Wait until the witnesses that the policy wants have cosigned a checkpoint that holds the entry at `position`, and which
 * extends all that was followed here: a platform that shows witnesses another log than this reader is found out by it.
 *
 * The names of those witnesses; none where no policy asks. Raises Uncosigned if they are too few after `patience`
 * milliseconds, BidError as `LogFollower.follow`.
 */
export async function waitCosigned(
  api: Api, follower: LogFollower, policy: LogPolicy | null, position: number, patience: number,
): Promise<readonly string[]> {
  if (policy === null || policy.wanted === null) return [];
  const until = Date.now() + patience;
  for (;;) {
    const found = await cosigned(api, follower, policy, position);
    if (found.enough) return found.witnesses;
    if (Date.now() >= until) throw missing(position, found.witnesses, policy.wanted);
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}

interface Found {
  readonly enough: boolean;
  readonly witnesses: readonly string[];
}

async function cosigned(api: Api, follower: LogFollower, policy: LogPolicy, position: number): Promise<Found> {
  let best: readonly string[] = [];
  for (const text of (await api.get(`/log/cosigned?after=${position}`))["checkpoints"] as readonly string[]) {
    const note = utf8(text);
    const names = await namesOn(note, policy);
    const witnesses = policy.witnesses.filter(({ name }) => names.has(name)).map(({ label }) => label);
    if (policy.satisfied(names) && (await follower.follow(bare(note, follower.origin))).size > BigInt(position)) {
      return { enough: true, witnesses };
    }
    if (witnesses.length > best.length) best = witnesses;
  }
  return { enough: false, witnesses: best };
}

/** Who cosigned; a false line under a witness's name is as good as none. */
async function namesOn(note: Bytes, policy: LogPolicy): Promise<ReadonlySet<string>> {
  try {
    return new Set((await policy.cosigned(note)).keys());
  } catch (error) {
    if (error instanceof NoteError) return new Set();
    throw error;
  }
}

function missing(position: number, found: readonly string[], quorum: string): Uncosigned {
  const given = found.join(", ") || "–";
  return new Uncosigned(
    `见证人尚未按您的策略（${quorum}）副署包含第 ${position} 条记录的日志检查点；已副署：${given}。没有交出任何内容，请稍后再试。`,
    `The witnesses have not yet cosigned a checkpoint that holds entry ${position} as your policy (${quorum}) wants; cosigned so far: ${given}. Nothing was released; try again in a while.`,
  );
}
