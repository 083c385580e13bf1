// The suite `sunseal-1`: every algorithm of the protocol behind one object, as signing/suite.py has it.
import { dumps } from "./canonical";
import { concat, utf8, type Bytes } from "./encoding";
import { SealingError, SigningError } from "./errors";
import { hkdfSha256 } from "./hashing";
import * as hpke from "./hpke";
import * as objects from "./objects";
import * as sharing from "./sharing";

const LOCK = utf8("sunseal-1/lock\0");
const KEY_SIZE = 32; // bytes

/** What a part of a bid is bound to; `policy` is the policy's digest. */
export interface Place {
  readonly tender: string;
  readonly policy: string;
  readonly supplier: string;
  readonly bid: string;
  readonly segment: string;
  readonly part: string;
}

function info(context: Uint8Array, i: number): Bytes {
  return concat(context, utf8(`\0${i}`));
}

export const SUNSEAL_1 = {
  name: "sunseal-1",
  sealedShareSize: sharing.SHARE_SIZE + hpke.OVERHEAD,
  publicKeySize: hpke.PUBLIC_SIZE,

  /** The canonical context C of one part of one bid. */
  context({ tender, policy, supplier, bid, segment, part }: Place): Bytes {
    return dumps({ tender, policy, supplier, bid, segment, part, suite: "sunseal-1" });
  },

  /** A new content key (or, with a bidder's lock, shared key): 32 random bytes. */
  contentKey(): Bytes {
    return crypto.getRandomValues(new Uint8Array(KEY_SIZE));
  },

  /** A new secret for a bidder's own lock: 32 random bytes, one for each bid. */
  lockSecret(): Bytes {
    return crypto.getRandomValues(new Uint8Array(KEY_SIZE));
  },

  /** The content key that follows from the shared key and the bidder's secret, 32 bytes each. */
  bindLock(sharedKey: Uint8Array, secret: Uint8Array, context: Uint8Array): Bytes {
    if (sharedKey.length !== KEY_SIZE || secret.length !== KEY_SIZE) {
      throw new SealingError("A bidder's lock takes a key and a secret of 32 bytes each.");
    }
    return hkdfSha256(concat(sharedKey, secret), concat(LOCK, context), KEY_SIZE);
  },

  deal: sharing.deal,
  recover: sharing.recover,

  /** `share` sealed to custodian `i` (position from 1), 1,169 bytes; SealingError if not i's. */
  async sealShare(publicKey: Bytes, context: Bytes, i: number, share: Bytes): Promise<Bytes> {
    if (share.length !== sharing.SHARE_SIZE || share.at(-1) !== i) {
      throw new SealingError("This is not the share of that custodian.");
    }
    return hpke.seal(publicKey, info(context, i), share);
  },

  /** The 33-byte share sealed to custodian `i`; SealingError, its `reason` "does not open" or "not a share". */
  async openShare(seed: Bytes, context: Bytes, i: number, sealed: Bytes): Promise<Bytes> {
    const share = await hpke.open(seed, info(context, i), sealed);
    if (share.length !== sharing.SHARE_SIZE || share.at(-1) !== i) {
      throw new SealingError("What was sealed is not the share of this custodian.", "not a share");
    }
    return share;
  },

  /** A content key sealed to a person who may open that part, 1,168 bytes. */
  async sealKey(publicKey: Bytes, context: Bytes, key: Bytes): Promise<Bytes> {
    if (key.length !== KEY_SIZE) throw new SealingError("A content key has 32 bytes.");
    return hpke.seal(publicKey, context, key);
  },

  /** The content key that `sealKey` sealed; SealingError, its `reason` "does not open" or "not a key". */
  async openKey(seed: Bytes, context: Bytes, sealed: Bytes): Promise<Bytes> {
    const key = await hpke.open(seed, context, sealed);
    if (key.length !== KEY_SIZE) throw new SealingError("What was sealed is not a content key.", "not a key");
    return key;
  },

  decrypt: objects.decrypt,
  ciphertextLength: objects.ciphertextLength,
} as const;

export type Suite = typeof SUNSEAL_1;

/** The suite a policy names; SigningError if this software does not know it. */
export function byName(name: string): Suite {
  if (name === SUNSEAL_1.name) return SUNSEAL_1;
  throw new SigningError(`The suite ${name.slice(0, 40)} is not known here; a newer version may know it.`);
}
