// Whether the log has the enrolments of agency and custodians, where their owners would find them.
import { ApiProblem, type Api } from "../api";
import { parseEntry } from "../bids/entries";
import { BidError, refusing } from "../bids/errors";
import type { Enrolment } from "../bids/trust";
import { b64decode } from "../signing/encoding";
import { leafHash, verifyInclusion } from "../signing/merkle";
import { parseProof } from "../signing/notes";
import type { LogFollower } from "./log-follower";

/**
 * The log has an entry of its own for each certificate of an agency or custodian: by proofs under checkpoints that
 * agree with what this browser has seen of the log. Suppliers' enter it by one root a day, which verifiers ask for.
 *
 * BidError "enrolment-unlogged", or as of LogFollower.follow.
 */
export async function checkIssued(api: Api, follower: LogFollower, enrolments: Iterable<Enrolment>): Promise<void> {
  for (const { certificate, digest, role } of enrolments) {
    if (role === "supplier") continue;
    const unlogged = new BidError("enrolment-unlogged", { certificate });
    const data = await api.bytes(`/log/proof/statement?digest=${digest}`).catch((error: unknown) => {
      throw error instanceof ApiProblem && error.status === 404 ? unlogged : error;
    });
    const { index, hashes, checkpoint } = refusing("log proof", () => parseProof(data));
    const { size, root } = await follower.follow(checkpoint);
    const [text] = (await api.get(`/log/entries?start=${index}&limit=1`))["entries"] as readonly string[];
    if (text === undefined) throw unlogged;
    const raw = b64decode(text);
    refusing("log proof", () => verifyInclusion(index, size, leafHash(raw), hashes, root));
    const { act, digests } = parseEntry(raw);
    const named = digests["certificate"] === certificate && digests["enrolment"] === digest;
    if (act !== "certificate.issued" || !named) throw unlogged;
  }
}
