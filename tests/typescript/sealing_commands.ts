// Commands about sealing and signing.
import { lineAmount, formatAmount, minorDigits, parseAmount, parseDecimal } from "../../trading/web/assets/src/bids/money";
import * as canonical from "../../trading/web/assets/src/signing/canonical";
import * as encoding from "../../trading/web/assets/src/signing/encoding";
import { hexdigest } from "../../trading/web/assets/src/signing/hashing";
import * as hpke from "../../trading/web/assets/src/signing/hpke";
import * as objects from "../../trading/web/assets/src/signing/objects";
import { paddedLength, Unpadder } from "../../trading/web/assets/src/signing/padding";
import * as sharing from "../../trading/web/assets/src/signing/sharing";
import { SUNSEAL_1, byName } from "../../trading/web/assets/src/signing/suite";
import type { Commands } from "./commands";

const { hex, unhex } = encoding;

const bytesOf = (texts: readonly string[]) => texts.map(unhex);

/** What the vectors call "byte at i is i mod 251". */
const counted = (length: number) => Uint8Array.from({ length }, (_, at) => at % 251);

/** Bytes as hex, and only their digest where they are many. */
const told = (data: Uint8Array) => (data.length > 4096 ? { sha256: hexdigest(data) } : { bytes: hex(data) });

export const commands: Commands = {
  "canonical.read": async ({ bytes }) => {
    const data = unhex(bytes);
    const value = canonical.loads(data);
    return { written: hex(canonical.dumps(value)), sha256: await encoding.digest(data) };
  },
  "canonical.write": ({ value }) => hex(canonical.dumps(value)),
  "base64.read": ({ text }) => hex(encoding.b64decode(text)),
  "base64.write": ({ bytes }) => encoding.b64encode(unhex(bytes)),
  "time.read": ({ text }) => String(encoding.parseTime(text)),
  "money.amount": ({ unit_price, quantity, digits }) =>
    formatAmount(lineAmount(parseDecimal(unit_price), parseDecimal(quantity), digits), digits),
  "money.read": ({ text, digits }) => formatAmount(parseAmount(text, digits), digits),
  "suite.context": ({ suite, place }) => hex(byName(suite).context(place)),
  "suite.lock": ({ shared_key, secret, context }) =>
    hex(SUNSEAL_1.bindLock(unhex(shared_key), unhex(secret), unhex(context))),
  "object.key": ({ content_key, j }) => hex(objects.objectKey(unhex(content_key), j)),
  "object.context": ({ context, j }) => hex(objects.objectContext(unhex(context), j)),
  "object.lengths": ({ length, index }) =>
    [paddedLength(length, index), objects.ciphertextLength(length, index)],
  "object.open": async ({ key, context, ciphertext }) =>
    told(await objects.openCiphertext(unhex(key), unhex(context), encoding.b64decode(ciphertext))),
  "object.encrypt": async ({ content_key, context, j, index, length, bytes }) => {
    const content = bytes === undefined ? counted(length) : unhex(bytes);
    const recipe = { contentKey: unhex(content_key), context: unhex(context), j, index, salt: objects.newSalt() };
    const sealed = await objects.SealedObject.of(objects.contentIn(content), recipe);
    const pieces: Uint8Array[] = [];
    for await (const piece of sealed.pieces()) pieces.push(piece);
    const whole = encoding.concat(...pieces);
    // Any range read by itself is the same bytes: that is what an upload resumes with.
    for (const [start, end] of [[0, 57], [55, 16_457], [16_400, 40_000], [whole.length - 17, whole.length + 9]]) {
      const range = await sealed.read(start as number, end as number);
      if (hex(range) !== hex(whole.subarray(start, end))) throw new Error(`another ${start}-${end}`);
    }
    return encoding.b64encode(whole);
  },
  "object.decrypt": async ({ content_key, context, j, index, ciphertext }) =>
    hex(await objects.decrypt(encoding.b64decode(ciphertext), unhex(content_key), unhex(context), j, index)),
  "padding.read": async ({ padded, index }) => {
    const pieces: Uint8Array[] = [];
    const unpadder = new Unpadder((piece) => void pieces.push(piece), index);
    await unpadder.update(unhex(padded));
    return { length: unpadder.finish(), bytes: hex(encoding.concat(...pieces)) };
  },
  "sharing.deal": async ({ key, k, n, context }) =>
    (await sharing.deal(unhex(key), k, n, unhex(context))).map(hex),
  "sharing.combine": ({ shares }) => hex(sharing.combine(bytesOf(shares))),
  "sharing.recover": ({ shares, k, n, context, share_digests }) =>
    hex(sharing.recover(bytesOf(shares), k, n, unhex(context), share_digests)),
  "hpke.public": async ({ seed }) => hex(await hpke.publicKey(unhex(seed))),
  "hpke.seal": async ({ public_key, info, bytes }) =>
    encoding.b64encode(await hpke.seal(unhex(public_key), unhex(info), unhex(bytes))),
  "hpke.open": async ({ seed, info, sealed }) =>
    hex(await hpke.open(unhex(seed), unhex(info), encoding.b64decode(sealed))),
  "share.seal": async ({ public_key, context, i, share }) =>
    encoding.b64encode(await SUNSEAL_1.sealShare(unhex(public_key), unhex(context), i, unhex(share))),
  "share.open": async ({ seed, context, i, sealed }) =>
    hex(await SUNSEAL_1.openShare(unhex(seed), unhex(context), i, encoding.b64decode(sealed))),
  "money.digits": ({ currency }) => minorDigits(currency),
};
