// What this browser trusts of a platform: root certificates and the log's key, kept at first sight and held against
// whatever is shown later; a person compares their fingerprints with those that came by another way.
import type { Api } from "../api";
import { hexdigest } from "../signing/hashing";
import { utf8, type Bytes } from "../signing/encoding";
import { loadPem } from "../signing/profile";
import { keepAnchors, keptAnchors } from "./keeping";
import { Refused } from "./words";

/** Roots (PEM) and the log's verifier key; `compared` is when a person found them right, null before. */
export interface Anchors {
  readonly roots: Bytes;
  readonly logKey: string;
  readonly compared: string | null;
}

/** SHA-256 of each root certificate (DER) and of the log's key as text, as `sunseal custodian enrol` shows them. */
export interface Fingerprints {
  readonly roots: readonly string[];
  readonly log: string;
}

/** The platform shows others than were kept. */
export class AnchorsChanged extends Refused {
  constructor(readonly kept: Anchors, readonly shown: Anchors) {
    super(
      "平台现在出示的根证书或日志公钥与本浏览器固定的不同，未做任何操作。请先通过电话或书面与运营方核实，并告知监督部门；见“本浏览器信任什么”。",
      "The platform now shows another root certificate or log key than this browser keeps; nothing was done. Ask the operator by telephone or letter, and tell the supervisor; see “What this browser trusts”.",
    );
    this.name = "AnchorsChanged";
  }
}

export function fingerprintsOf({ roots, logKey }: Anchors): Fingerprints {
  return { roots: loadPem(roots).map((root) => hexdigest(root.raw)).sort(), log: hexdigest(utf8(logKey)) };
}

/** What is kept; at first sight what the platform shows. AnchorsChanged if these are not the same any more. */
export async function trustedAnchors(api: Api): Promise<Anchors> {
  const shown: Anchors = {
    roots: await api.bytes("/certificates/roots.pem"), logKey: (await api.text("/log/key")).trim(), compared: null,
  };
  const kept = await keptAnchors();
  if (kept === undefined) {
    await keepAnchors(shown);
    return shown;
  }
  if (JSON.stringify(fingerprintsOf(kept)) !== JSON.stringify(fingerprintsOf(shown))) throw new AnchorsChanged(kept, shown);
  return kept;
}

/** A person has compared these: they are trusted from now on, and no others. */
export async function pin(anchors: Anchors): Promise<void> {
  await keepAnchors({ ...anchors, compared: new Date().toISOString() });
}
