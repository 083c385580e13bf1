// Commands about sealing and signing.
import * as envelope from "../../trading/web/assets/src/bids/envelope";
import { checkManifest, parseManifest, partOf } from "../../trading/web/assets/src/bids/manifest";
import { isSafe, makeSafe, sameKey } from "../../trading/web/assets/src/bids/names";
import { parseNotice } from "../../trading/web/assets/src/bids/notice";
import { readObject } from "../../trading/web/assets/src/bids/objects";
import { SheetError, readFile, readPrices, readText } from "../../trading/web/assets/src/bids/prices";
import { buildAnnouncement, buildOffer, parseAnnouncement, parseOffer } from "../../trading/web/assets/src/bids/offer";
import { contentKey, listedFiles, openFile, openIndex, recoverKey, safeNames } from "../../trading/web/assets/src/bids/opened";
import { buildWithdrawal, matchReceipt, parseReceipt } from "../../trading/web/assets/src/bids/receipts";
import { lineAmount, formatAmount, minorDigits, parseAmount, parseDecimal } from "../../trading/web/assets/src/bids/money";
import { readUnlockFile, writeUnlockFile, type UnlockFile } from "../../trading/web/assets/src/bids/unlock_file";
import { checkUnlockReceipt, type Locked } from "../../trading/web/assets/src/bids/unlock_receipts";
import * as canonical from "../../trading/web/assets/src/signing/canonical";
import { fromPem, partyOf, readCertificate } from "../../trading/web/assets/src/signing/certificates";
import { sign, type Signer } from "../../trading/web/assets/src/signing/cms";
import { P256 } from "../../trading/web/assets/src/signing/ecdsa";
import * as encoding from "../../trading/web/assets/src/signing/encoding";
import { hexdigest } from "../../trading/web/assets/src/signing/hashing";
import * as hpke from "../../trading/web/assets/src/signing/hpke";
import * as contents from "../../trading/web/assets/src/signing/contents";
import * as objects from "../../trading/web/assets/src/signing/objects";
import { paddedLength, Unpadder } from "../../trading/web/assets/src/signing/padding";
import * as sharing from "../../trading/web/assets/src/signing/sharing";
import { Hasher } from "../../trading/web/assets/src/signing/sha256";
import { SUNSEAL_1, byName } from "../../trading/web/assets/src/signing/suite";
import { certificatesIn, createCsr, generateKey, signerOf } from "../../trading/web/assets/src/signing/keys";
import { loadPem } from "../../trading/web/assets/src/signing/profile";
import { openKeyFile } from "../../trading/web/assets/src/signing/pkcs12";
import { signStatement } from "../../trading/web/assets/src/signing/statements";
import type { Commands, Request } from "./commands";

const { hex, unhex } = encoding;

const bytesOf = (texts: readonly string[]) => texts.map(unhex);

/** What the vectors call "byte at i is i mod 251". */
function counted(length: number) {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 1) bytes[at] = at % 251;
  return bytes;
}

/** Bytes as hex, and only their digest where they are many. */
const told = (data: Uint8Array) => (data.length > 4096 ? { sha256: hexdigest(data) } : { bytes: hex(data) });

/** A signer from PEM: a PKCS 8 key, its certificate and those above it. */
async function signerFrom({ key, certificates }: Request): Promise<Signer> {
  const [pkcs8] = fromPem(key, "PRIVATE KEY");
  const [certificate, ...chain] = fromPem(certificates, "CERTIFICATE").map(readCertificate);
  if (pkcs8 === undefined || certificate === undefined) throw new Error("no key or no certificate");
  return { key: await crypto.subtle.importKey("pkcs8", pkcs8, P256, false, ["sign"]), certificate, chain };
}

/** Plain members of what may hold bytes and whole numbers of any size. */
const plain = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_, one) =>
    one instanceof Uint8Array ? encoding.b64encode(one) : typeof one === "bigint" ? String(one) : one));

const { b64decode, b64encode } = encoding;

/** Keys that cannot be read out, so they stay here between a test's questions. */
const kept: CryptoKeyPair[] = [];

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
    const sealed = await objects.SealedObject.of(contents.contentIn(content), recipe);
    const pieces: Uint8Array[] = [];
    for await (const piece of sealed.pieces()) pieces.push(piece.slice());
    const whole = encoding.concat(...pieces);
    // Any range read by itself is the same bytes: that is what an upload resumes with.
    for (const [start, end] of [[0, 57], [55, 16_457], [16_400, 40_000], [whole.length - 17, whole.length + 9]]) {
      const range = await sealed.read(start as number, end as number);
      if (hex(range) !== hex(whole.subarray(start, end))) throw new Error(`another ${start}-${end}`);
    }
    return encoding.b64encode(whole);
  },
  "object.decrypt": async ({ content_key, context, j, index, ciphertext }) =>
    told(await objects.decrypt(encoding.b64decode(ciphertext), unhex(content_key), unhex(context), j, index)),
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
  "name.keys": ({ names }) => names.map(sameKey),
  "name.judge": ({ name }) => ({ safe: isSafe(name), key: sameKey(name), made: makeSafe(name, 7) }),
  "object.read": ({ name, file }) => plain(readObject(b64decode(file), name)),
  "notice.read": async ({ file }) => plain(await parseNotice(b64decode(file))),
  "offer.build": async ({ notice, prices, announced }) =>
    b64encode(buildOffer(await parseNotice(b64decode(notice)), new Map(prices), announced)),
  "offer.read": async ({ notice, file }) => plain(parseOffer(b64decode(file), await parseNotice(b64decode(notice)))),
  "announcement.build": async ({ notice, announced }) => b64encode(buildAnnouncement(await parseNotice(b64decode(notice)), announced)),
  "announcement.read": async ({ notice, file }) => plain(parseAnnouncement(b64decode(file), await parseNotice(b64decode(notice)))),
  "manifest.check": async ({ notice, file, supplier }) => {
    const manifest = parseManifest(b64decode(file));
    checkManifest(manifest, await parseNotice(b64decode(notice)), supplier);
    return plain(manifest);
  },
  "certificate.read": ({ pem }) => plain(fromPem(pem, "CERTIFICATE").map(readCertificate).map((one) => [one, partyOf(one)])),
  "cms.sign": async ({ data, at, ...signer }) =>
    b64encode(await sign(b64decode(data), await signerFrom(signer), new Date(at))),
  "statement.sign": async ({ statement, at, ...signer }) =>
    b64encode(await signStatement(statement, await signerFrom(signer), new Date(at))),
  "withdrawal.build": ({ tender, policy, supplier, bid, reason }) =>
    b64encode(buildWithdrawal(tender, policy, supplier, bid, reason)),
  "receipt.match": ({ file, document, signature }) => {
    const receipt = parseReceipt(b64decode(file));
    matchReceipt(receipt, b64decode(document), b64decode(signature));
    return plain(receipt);
  },
  "sheet.text": ({ text }) => readText(text),
  "sheet.file": async ({ name, bytes }) => {
    try {
      return await readFile(new File([b64decode(bytes)], name));
    } catch (error) {
      if (!(error instanceof SheetError)) throw error;
      return error.said;
    }
  },
  "sheet.prices": async ({ notice, rows }) => {
    const { prices, wrong, missing } = readPrices(rows, await parseNotice(b64decode(notice)));
    return { prices: Object.fromEntries(prices), wrong, missing };
  },
  "key.new": async ({ name }) => {
    const pair = await generateKey();
    kept.push(pair);
    return { number: kept.length - 1, csr: await createCsr(pair, name), extractable: pair.privateKey.extractable };
  },
  "key.sign": async ({ number, certificates, data, at }) => {
    const [certificate, ...others] = certificatesIn(certificates);
    if (certificate === undefined) throw new Error("no certificate");
    const signer = await signerOf((kept[number] as CryptoKeyPair).privateKey, certificate, others);
    return b64encode(await sign(b64decode(data), signer, new Date(at)));
  },
  "key.file": async ({ file, password, data, at }) => {
    const signer = await openKeyFile(b64decode(file), password);
    const signature = b64encode(await sign(b64decode(data), signer, new Date(at)));
    return { signature, extractable: signer.key.extractable };
  },
  "sha256": async ({ pieces, fast }) => {
    const hasher = fast ? await Hasher.fast() : Hasher.here();
    for (const piece of bytesOf(pieces)) hasher.update(piece);
    return hasher.hexdigest();
  },
  "file.measure": async ({ length }) => {
    const content = new Blob([counted(length)]);
    const recipe = { contentKey: new Uint8Array(32), context: new Uint8Array(3), j: 1, index: false, salt: objects.newSalt() };
    let last = 0;
    const { sha256, plaintextSha256 } = await envelope.measureHere(content, recipe, (done) => (last = done));
    const sealed = await objects.SealedObject.of(contents.contentOf(content), recipe);
    if (last !== sealed.size) throw new Error("progress ends elsewhere");
    return { measured: sha256, content: plaintextSha256, read: await encoding.digest(await sealed.read(0, sealed.size)) };
  },
  "unlock-file.write": ({ secret, ...place }) => b64encode(writeUnlockFile({ ...place, secret: b64decode(secret) } as UnlockFile)),
  "unlock-file.read": ({ file }) => plain(readUnlockFile(b64decode(file))),
  "unlock-receipt.check": async ({ file, roots, ...locked }) =>
    (await checkUnlockReceipt(b64decode(file), locked as Locked, loadPem(encoding.utf8(roots)))).receivedAt,
  "bid.seal": async ({ notice, supplier, offer, attachments, replaces, before = {}, secret }) => {
    const filesOf = (files: readonly Request[]) => files.map(({ name, media_type, bytes }) => {
      const content = new Blob([b64decode(bytes)], { type: media_type });
      return { name, mediaType: envelope.mediaTypeOf(content), content };
    });
    const earlier = Object.entries(before as Record<string, Request>).map(([segment, one]) =>
      [segment, { offer: b64decode(one["offer"]), attachments: filesOf(one["attachments"]) }] as const);
    const sealed = await envelope.seal({
      notice: await parseNotice(b64decode(notice)),
      supplier,
      offer: b64decode(offer),
      attachments: filesOf(attachments),
      before: new Map(earlier),
      replaces,
      ...(secret === undefined ? {} : { secret: b64decode(secret) }),
    });
    const objects = [];
    for (const entry of sealed.objects) {
      const made = await envelope.ciphertextOf(entry);
      objects.push([entry.part, entry.recipe.j, b64encode(await made.read(0, made.size)), entry.segment]);
    }
    return { bid: sealed.bid, manifest: b64encode(sealed.manifest), objects };
  },
  "bid.open": async ({ notice, manifest: file, part, shares, objects, secret, segment }) => {
    const manifest = parseManifest(b64decode(file));
    const { policy } = await parseNotice(b64decode(notice));
    const dealt = recoverKey(manifest, part, bytesOf(shares), policy, segment);
    const key = contentKey(manifest, part, dealt, secret === undefined ? null : b64decode(secret), segment);
    const { objects: entries } = partOf(manifest, part, segment);
    const arrived = (objects as string[]).map((each, at) => arriving(each, entries[at]?.size ?? 0));
    const index = await openIndex(manifest, part, key, arrived[0] as contents.Content, segment);
    if (part === "public") return { index: b64encode(index) };
    const files = [];
    const listed = listedFiles(index, manifest, segment);
    for (const file of listed) {
      const pieces: Uint8Array[] = [];
      const sink = (piece: Uint8Array) => void pieces.push(piece);
      await openFile(manifest, file, key, arrived[file.object] as contents.Content, sink, segment);
      files.push([file.name, file.media_type, b64encode(encoding.concat(...pieces))]);
    }
    return { index: b64encode(index), files, names: safeNames(listed) };
  },
};

/** A ciphertext that comes in pieces, as over a network. */
function arriving(text: string, size: number): contents.Content {
  async function* pieces() {
    const data = b64decode(text);
    for (let at = 0, length = 1; at < data.length; at += length, length = (3 * length) % 65_537) {
      yield data.slice(at, at + length);
    }
  }
  return contents.contentFrom(pieces(), size);
}
