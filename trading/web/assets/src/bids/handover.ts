// Handing a bid's attachments on: the content key of its `files` part, sealed to an evaluator of the tender.
//
// An addition outside the protocol's bytes: no verifier sees it, and nothing in the evidence depends on it.
import { dumps } from "../signing/canonical";
import { b64decode, b64encode, type Bytes } from "../signing/encoding";
import { hexdigest } from "../signing/hashing";
import { byName } from "../signing/suite";
import { refusing, refusingLater } from "./errors";
import { contextOf, partOf, type Manifest } from "./manifest";
import { BID_SEGMENT, type Policy } from "./notice";
import { typeOf } from "./objects";

/** The content key of a bid's `files` part sealed to the public key of an evaluator, as base64; BidError. */
export async function sealFilesKey(publicKey: Bytes, manifest: Manifest, evaluator: string, key: Bytes): Promise<string> {
  return refusingLater("files key", async () =>
    b64encode(await byName(manifest.suite).sealKey(publicKey, keyContext(manifest, evaluator), key)),
  );
}

/** The content key that `sealFilesKey` sealed, with the evaluator's seed; BidError "sealing-failed" if it does not open. */
export async function openFilesKey(seed: Bytes, manifest: Manifest, evaluator: string, sealed: string): Promise<Bytes> {
  return refusingLater("files key", () => byName(manifest.suite).openKey(seed, keyContext(manifest, evaluator), b64decode(sealed)));
}

/** Whether `key` is the one that the bidder dealt: dealt again, it gives every commitment of the signed manifest. */
export async function isDealt(manifest: Manifest, key: Bytes, { threshold, custodians }: Policy): Promise<boolean> {
  const { shareDigests } = partOf(manifest, "files");
  const context = contextOf(manifest, "files");
  const shares = await refusingLater("files", () => byName(manifest.suite).deal(key, threshold, custodians.length, context));
  return shares.every((share, at) => hexdigest(share) === shareDigests[at]);
}

function keyContext({ tender, bid }: Manifest, evaluator: string): Bytes {
  return refusing("files key", () =>
    dumps({ type: typeOf("files-key"), tender, bid, segment: BID_SEGMENT, part: "files", evaluator }),
  );
}
