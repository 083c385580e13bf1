// Witnesses' cosignatures of the checkpoint that the package's proofs lead to, by the reader's own policy.
import { formatMoment, type Bytes } from "../../signing/encoding";
import { SigningError } from "../../signing/errors";
import { splitNote } from "../../signing/notes";
import { parsePolicy } from "../../signing/policies";
import { strip } from "../../signing/python";
import { BidError, refusingLater } from "../errors";
import { LOG_CHECKPOINT, LOG_KEY, type Package } from "../package";
import type { Trust } from "../trust";
import type { Book } from "./findings";

const SECOND = 1_000_000n; // microseconds

/** How many witnesses cosigned, and whether the reader's policy is satisfied; null for no policy. */
export async function checkCosignatures(files: Package, book: Book, trust: Trust, policy: Bytes | null): Promise<void> {
  if (policy === null) {
    const count = await others(files);
    await book.note(count > 0 ? "verify-cosigned-unchecked" : "verify-cosigned-none", [LOG_CHECKPOINT], { count });
    return;
  }
  await book.step("verify-cosigned", [LOG_CHECKPOINT], {}, async (step) => {
    const rules = await refusingLater("policy", () => parsePolicy(policy));
    const note = await files.read(LOG_CHECKPOINT);
    const found = await refusingLater("log checkpoint", () => rules.cosigned(note));
    const labels = new Map(rules.witnesses.map(({ name, label }) => [name, label]));
    step.params["total"] = String(labels.size);
    step.params["count"] = String(found.size);
    if (found.size > 0) {
      const told = Array.from(found, ([name, at]) => `${labels.get(name)} ${formatMoment(at * SECOND)}`);
      step.params["names"] = told.join(", ");
    }
    if (rules.logs.length > 0 && !rules.logs.some(({ vkey }) => vkey === trust.log.vkey)) {
      step.fail(new BidError("log-unlisted", { file: LOG_KEY }));
    }
    if (!rules.satisfied(new Set(found.keys()))) {
      step.fail(new BidError("cosigned-too-few", { count: found.size, file: LOG_CHECKPOINT }));
    }
  });
}

/** The log's key, where the reader named the log in the policy: the package's if it is one of those. */
export async function keyByPolicy(files: Package, policy: Bytes | null): Promise<string | null> {
  const listed = await listedIn(policy);
  const [first] = listed;
  if (first === undefined) return null;
  let own = "";
  try {
    own = strip(new TextDecoder("utf-8", { ignoreBOM: true }).decode(await files.read(LOG_KEY)));
  } catch (error) {
    if (!(error instanceof BidError)) throw error;
  }
  return listed.includes(own) ? own : first;
}

async function listedIn(policy: Bytes | null): Promise<readonly string[]> {
  if (policy === null) return [];
  try {
    return (await parsePolicy(policy)).logs.map(({ vkey }) => vkey);
  } catch (error) {
    if (error instanceof SigningError) return [];
    throw error;
  }
}

/** Signature lines beside the log's own, of a checkpoint that was read before. */
async function others(files: Package): Promise<number> {
  return splitNote(await files.read(LOG_CHECKPOINT))[1].length - 1;
}
