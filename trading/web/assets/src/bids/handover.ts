// Handing a bid's attachments on: the content key of its `files` part, sealed to an evaluator of the tender.
//
// An addition outside the protocol's bytes: no verifier sees it, and nothing in the evidence depends on it.
import { dumps } from "../signing/canonical";
import { b64decode, b64encode, type Bytes } from "../signing/encoding";
import { hexdigest } from "../signing/hashing";
import { byName } from "../signing/suite";
import { refusing, refusingLater } from "./errors";
import { contextOf, partOf, type Manifest } from "./manifest";
import type { Policy } from "./notice";
import { typeOf } from "./objects";
import { BID } from "./segments";

/** The content key of the `files` part of a bid's segment, sealed to the public key of an evaluator, as base64; BidError. */
export async function sealFilesKey(
  publicKey: Bytes, manifest: Manifest, evaluator: string, key: Bytes, segment = BID,
): Promise<string> {
  return refusingLater("files key", async () =>
    b64encode(await byName(manifest.suite).sealKey(publicKey, keyContext(manifest, evaluator, segment), key)),
  );
}

/** The content key that `sealFilesKey` sealed, with the evaluator's seed; BidError "sealing-failed" if it does not open. */
export async function openFilesKey(
  seed: Bytes, manifest: Manifest, evaluator: string, sealed: string, segment = BID,
): Promise<Bytes> {
  return refusingLater("files key", () => byName(manifest.suite).openKey(seed, keyContext(manifest, evaluator, segment), b64decode(sealed)));
}

/** Whether `key` is the one that the bidder dealt: dealt again, it gives every commitment of the signed manifest. */
export async function isDealt(
  manifest: Manifest, key: Bytes, { threshold, custodians }: Policy, segment = BID,
): Promise<boolean> {
  const { shareDigests } = partOf(manifest, "files", segment);
  const context = contextOf(manifest, "files", segment);
  const shares = await refusingLater("files", () => byName(manifest.suite).deal(key, threshold, custodians.length, context));
  return shares.every((share, at) => hexdigest(share) === shareDigests[at]);
}

function keyContext({ tender, bid }: Manifest, evaluator: string, segment: string): Bytes {
  return refusing("files key", () =>
    dumps({ type: typeOf("files-key"), tender, bid, segment, part: "files", evaluator }),
  );
}
