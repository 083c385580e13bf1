// PKCS #12 files (RFC 7292) opened in the page: AES-256 under PBES2, as our own tools and openssl 3 write them.
import { fromBER } from "asn1js";
import * as pki from "pkijs";
import { readCertificate, type Certificate } from "./certificates";
import type { Signer } from "./cms";
import { utf8, type Bytes } from "./encoding";
import { P256 } from "./ecdsa";
import { KeyFileError, SigningError } from "./errors";
import { signerOf } from "./keys";

const DATA = "1.2.840.113549.1.7.1";
const ENCRYPTED = "1.2.840.113549.1.7.6";
const PBES2 = "1.2.840.113549.1.5.13";
const SHROUDED_KEY = "1.2.840.113549.1.12.10.1.2";
const PLAIN_KEY = "1.2.840.113549.1.12.10.1.1";
const CERTIFICATE = "1.2.840.113549.1.12.10.1.3";


/** A signer from a PKCS #12 file; its key cannot be read out of the browser again. KeyFileError. */
export async function openKeyFile(file: Bytes, password: string): Promise<Signer> {
  const engine = new pki.CryptoEngine({ name: "browser", crypto });
  pki.setEngine("browser", engine);
  const bags = await bagsOf(file, utf8(password).slice().buffer);
  let key: CryptoKey | null = null;
  const certificates: Certificate[] = [];
  for (const { bagId, bagValue } of bags) {
    if (bagId === SHROUDED_KEY) {
      const bag = bagValue as pki.PKCS8ShroudedKeyBag;
      if (bag.encryptionAlgorithm.algorithmId !== PBES2) throw new KeyFileError("legacy");
      await decrypting(() =>
        (bag as unknown as { parseInternalValues(given: object): Promise<void> }).parseInternalValues({
          password: utf8(password).slice().buffer,
        }),
      );
      if (bag.parsedValue === undefined) throw new KeyFileError("damaged");
      key = await importKey(bag.parsedValue);
    } else if (bagId === PLAIN_KEY) {
      key = await importKey(bagValue as pki.PrivateKeyInfo);
    } else if (bagId === CERTIFICATE) {
      const { parsedValue } = bagValue as pki.CertBag;
      if (parsedValue instanceof pki.Certificate) {
        certificates.push(readCertificate(new Uint8Array(parsedValue.toSchema().toBER(false))));
      }
    }
  }
  if (key === null || certificates.length === 0) throw new KeyFileError("no-key");
  for (const certificate of certificates) {
    const others = certificates.filter((one) => one !== certificate);
    try {
      return await signerOf(key, certificate, others);
    } catch (error) {
      if (!(error instanceof SigningError)) throw error; // not this one's key; perhaps the next one's
    }
  }
  throw new KeyFileError("other-certificate");
}

async function bagsOf(file: Bytes, password: ArrayBuffer): Promise<pki.SafeBag[]> {
  let safe: pki.AuthenticatedSafe;
  try {
    const parsed = fromBER(file.slice().buffer);
    if (parsed.offset === -1) throw new KeyFileError("damaged");
    const pfx = new pki.PFX({ schema: parsed.result });
    // Its own checksum is over the password's bytes in a form of 1996 that libraries write differently for
    // letters beyond ASCII; that the password is right shows when the key opens and fits its certificate.
    await pfx.parseInternalValues({ password, checkIntegrity: false });
    if (pfx.parsedValue?.authenticatedSafe === undefined) throw new KeyFileError("damaged");
    safe = pfx.parsedValue.authenticatedSafe;
  } catch (error) {
    throw error instanceof KeyFileError ? error : new KeyFileError("damaged");
  }
  const contents = safe.safeContents;
  for (const content of contents) {
    if (content.contentType === ENCRYPTED && algorithmOf(content) !== PBES2) throw new KeyFileError("legacy");
    if (content.contentType !== ENCRYPTED && content.contentType !== DATA) throw new KeyFileError("damaged");
  }
  await decrypting(() =>
    safe.parseInternalValues({
      safeContents: contents.map((one) => (one.contentType === ENCRYPTED ? { password } : {})),
    }),
  );
  const values: ReadonlyArray<{ readonly value: pki.SafeContents }> = safe.parsedValue.safeContents;
  return values.flatMap(({ value }) => value.safeBags);
}

function algorithmOf(content: pki.ContentInfo): string {
  try {
    // The library changes what it reads, so this looks at a copy.
    const encrypted = new pki.EncryptedData({ schema: fromBER(content.content.toBER(false)).result });
    return encrypted.encryptedContentInfo.contentEncryptionAlgorithm.algorithmId;
  } catch {
    throw new KeyFileError("damaged");
  }
}

async function decrypting<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch {
    throw new KeyFileError("password");
  }
}

async function importKey(info: pki.PrivateKeyInfo): Promise<CryptoKey> {
  try {
    return await crypto.subtle.importKey("pkcs8", info.toSchema().toBER(false), P256, false, ["sign"]);
  } catch {
    throw new KeyFileError("other-key-kind");
  }
}
