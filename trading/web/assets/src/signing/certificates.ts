// What a certificate says, read by its place in the DER: whose it is, who issued it, and its key.
import * as der from "./der";
import { hexdigest } from "./hashing";
import { b64decode, b64encode, hex, type Bytes } from "./encoding";
import { CertificateError } from "./errors";

/** Whom a party certificate names: party id, organisation id as scheme and number, role, two names. */
export interface Party {
  readonly id: string;
  readonly organisation: string;
  readonly role: string;
  readonly name: string;
  readonly organisationName: string;
}

/** The parts of a certificate that signatures speak of, as the bytes it has. */
export interface Certificate {
  readonly raw: Bytes;
  readonly serial: Bytes; // the INTEGER element
  readonly issuer: Bytes; // the Name element
  readonly subject: Bytes;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly spki: Bytes;
}

/** A certificate from its DER; CertificateError "malformed". */
export function readCertificate(raw: Bytes): Certificate {
  try {
    const outer = new der.Reader(raw);
    const tbs = outer.inside(der.SEQUENCE).inside(der.SEQUENCE);
    outer.end();
    tbs.element(der.CONTEXT_0);
    const serial = tbs.element(der.INTEGER);
    tbs.element(der.SEQUENCE);
    const issuer = tbs.element(der.SEQUENCE);
    const validity = tbs.inside(der.SEQUENCE);
    const [notBefore, notAfter] = [readTime(validity), readTime(validity)];
    return { raw, serial, issuer, notBefore, notAfter, subject: tbs.element(der.SEQUENCE), spki: tbs.element(der.SEQUENCE) };
  } catch (error) {
    if (error instanceof der.DERError) throw malformed("The certificate is malformed.");
    throw error;
  }
}

function readTime(validity: der.Reader): Date {
  const tag = validity.peek();
  const digits = new TextDecoder().decode(validity.content(tag));
  const text = tag === der.UTC_TIME ? (digits < "50" ? "20" : "19") + digits : digits;
  const found = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (found === null) throw new der.DERError("a time in another form");
  const [, year, month, day, hour, minute, second] = found.map(Number);
  return new Date(Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute, second));
}

const NAMES: Readonly<Record<string, keyof Party>> = {
  [hex(der.oid("0.9.2342.19200300.100.1.1"))]: "id",
  [hex(der.oid("2.5.4.97"))]: "organisation",
  [hex(der.oid("2.5.4.11"))]: "role",
  [hex(der.oid("2.5.4.3"))]: "name",
  [hex(der.oid("2.5.4.10"))]: "organisationName",
};
const ROLES = ["agency", "supplier", "custodian"];

/** The party that a certificate's subject names; CertificateError if it names none of ours. */
export function partyOf(certificate: Certificate): Party {
  const found: Partial<Record<keyof Party, string>> = {};
  const names = new der.Reader(certificate.subject).inside(der.SEQUENCE);
  while (names.more) {
    const set = names.inside(der.SET);
    while (set.more) {
      const attribute = set.inside(der.SEQUENCE);
      const name = NAMES[hex(attribute.element(der.OID))];
      const value = new TextDecoder("utf-8", { fatal: true }).decode(attribute.content());
      if (name === undefined) continue;
      if (found[name] !== undefined) throw malformed(`The party certificate names ${name} twice.`);
      found[name] = value;
    }
  }
  const { id, organisation, role, name, organisationName } = found;
  if (id === undefined || organisation === undefined || role === undefined || name === undefined || organisationName === undefined) {
    throw new CertificateError("This certificate is not one of a party.", "wrong-authority");
  }
  if (!/^[0-9a-f]{32}$/.test(id) || !ROLES.includes(role)) {
    throw malformed("The party certificate names no known role or a malformed party id.");
  }
  return { id, organisation, role, name, organisationName };
}

/** The names that a certificate of whatever authority gives people: its common name, and its organisation's. */
export function namesIn(certificate: Certificate): { readonly name: string; readonly organisationName: string } {
  const found: Partial<Record<string, string>> = {};
  const names = new der.Reader(certificate.subject).inside(der.SEQUENCE);
  while (names.more) {
    const set = names.inside(der.SET);
    while (set.more) {
      const attribute = set.inside(der.SEQUENCE);
      const member = NAMES[hex(attribute.element(der.OID))];
      const value = new TextDecoder().decode(attribute.content());
      if (member !== undefined) found[member] ??= value;
    }
  }
  const name = found["name"] ?? "–";
  return { name, organisationName: found["organisationName"] ?? name };
}

/** SHA-256 of a certificate's DER, lower-case hex. */
export function fingerprint(certificate: Certificate): string {
  return hexdigest(certificate.raw);
}

/** The DER of each block of that label ("CERTIFICATE") in a PEM text. */
export function fromPem(pem: string, label: string): Bytes[] {
  const blocks = pem.matchAll(new RegExp(`-----BEGIN ${label}-----([\\sA-Za-z0-9+/=]*)-----END ${label}-----`, "g"));
  return Array.from(blocks, ([, body = ""]) => b64decode(body.replace(/\s/g, "")));
}

export function toPem(data: Uint8Array, label: string): string {
  const lines = b64encode(data).replace(/.{64}(?!$)/g, "$&\n");
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}

function malformed(message: string): CertificateError {
  return new CertificateError(message, "malformed");
}
