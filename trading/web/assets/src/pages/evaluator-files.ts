// An evaluator opens what the agency handed over, with a key of their own; every check is made here again.
import type { Accepted } from "../bids/examination";
import { isDealt, openFilesKey } from "../bids/handover";
import type { Bytes } from "../signing/encoding";
import { hexdigest } from "../signing/hashing";
import { publicKey } from "../signing/hpke";
import { h } from "./dom";
import { ownKey } from "./evaluator-key";
import { listFiles } from "./file-list";
import { Unopened, checked, openBids, type OpenBids } from "./open-bids";
import { api, attempt, type Actor } from "./page";
import { t } from "./words";

interface Handed {
  readonly bid: string;
  readonly key: string;
  readonly sealed: string;
}

/** The section of the page: the evaluator's key, then what it opens. */
export async function evaluatorFiles(place: HTMLElement, who: Actor): Promise<void> {
  const key = h("div");
  const wrong = h("div");
  const status = h("p", { role: "status", class: "mt-3 mb-3" });
  const list = h("div", { class: "board" });
  const button = h("button", { type: "button", class: "btn btn-primary", hidden: true }, t("核对并打开附件", "Check, and open the attachments"));
  let seed: Bytes | null = null;
  button.addEventListener("click", () => void attempt(button, wrong, async () => {
    if (seed !== null) await open(place, who, seed, status, list);
  }));
  place.replaceChildren(h("section", { class: "panel narrow", "aria-labelledby": "own" },
    h("h2", { id: "own" }, t("您的密钥", "Your key")), key), h("p", { class: "mt-3 mb-0" }, button), wrong, status, list);
  await ownKey(key, who, place.dataset["key"] ?? "", (found) => {
    seed = found;
    button.hidden = found === null;
  });
}

async function open(place: HTMLElement, who: Actor, seed: Bytes, status: HTMLElement, list: HTMLElement): Promise<void> {
  const calls = api();
  const tender = place.dataset["files"] ?? "";
  const segment = place.dataset["segment"] ?? "bid";
  const rows = (await calls.get(`/tenders/${tender}/handed?segment=${segment}`))["bids"] as readonly Handed[];
  const handed = new Map(rows.map((row) => [row.bid, row]));
  const digest = hexdigest(await publicKey(seed));
  const bids = await checked(status, () => openBids(calls, tender, segment));
  await listFiles(list, status, calls, bids, (place.dataset["order"] ?? "").split(" "), {
    key: (bid) => keyHanded(bid, handed.get(bid.bid), who.person, seed, digest, bids),
    path: (bid, number) => `/tenders/${tender}/handed/${bid.bid}/${number}?segment=${segment}`,
  });
}

/** The content key of a bid, if it is the very one that the bidder dealt; whoever hands over another is found out. */
async function keyHanded(
  { manifest }: Accepted, handed: Handed | undefined, person: string, seed: Bytes, digest: string,
  { notice, segment }: OpenBids,
): Promise<Bytes> {
  if (handed === undefined) {
    throw new Unopened(t("招标人还没有把这份投标的附件移交给您。请联系招标人。", "The agency has not handed this bid's attachments to you yet. Ask the agency."), "none");
  }
  if (handed.key !== digest) {
    throw new Unopened(t("附件移交给了您从前的密钥。请招标人重新移交。", "They were handed to an earlier key of yours. Ask the agency to hand over again."), "none");
  }
  const key = await openFilesKey(seed, manifest, person, handed.sealed, segment).catch(() => null);
  if (key === null) {
    throw new Unopened(t("移交来的密钥打不开，可能已被替换。请招标人重新移交。", "What was handed over does not open and may have been exchanged. Ask the agency to hand over again."), "handover");
  }
  if (!(await isDealt(manifest, key, notice.policy, segment))) {
    throw new Unopened(t("移交来的不是投标人封存附件所用的密钥。", "What was handed over is not the key that the bidder sealed the attachments with."), "handover");
  }
  return key;
}
