// The certificate profile: which policies, names and key usages our certificates carry (RFC 5280).
import * as der from "./der";
import { hex, type Bytes } from "./encoding";
import { CertificateError } from "./errors";
import type { Party } from "./certificates";
import { attributesOf, pemBlocks, readBits, readInteger, readX509, type Extension, type X509 } from "./x509";
import { Unforeseen } from "./python";

const oid = (dotted: string): string => hex(der.oid(dotted));

// An arc of our own by ITU-T X.667: 2.25 followed by a UUID as an integer.
const ARC = "2.25.162057351244657885725724804254784797040";
export const KIND_POLICIES = { platform: oid(`${ARC}.1.1`), parties: oid(`${ARC}.1.2`) } as const;
export const USAGE_POLICIES = {
  statement: oid(`${ARC}.2.1`), receipt: oid(`${ARC}.2.2`), party: oid(`${ARC}.2.3`),
  timestamp: oid(`${ARC}.2.4`), document: oid(`${ARC}.2.5`),
} as const;
export type Kind = keyof typeof KIND_POLICIES;
export type Usage = keyof typeof USAGE_POLICIES;

const STRINGS = [0x0c, 0x13, 0x16]; // UTF8String, PrintableString, IA5String
// ETSI EN 319 412-1 clause 5.1.4: a type of identity, a country, a hyphen.
const IDENTITY = /^(?:[A-Z]{3}|[A-Z]{2}:)[A-Z]{2}(?:\+[A-Z]{2,3})?-/;
const COMMON_NAME = "2.5.4.3";
const ORGANISATION_NAME = "2.5.4.10";
const ROLES = ["agency", "supplier", "custodian"];
const MAX_PEM = 1 << 20; // bytes

export const KEY_USAGE = oid("2.5.29.15");
export const BASIC_CONSTRAINTS = oid("2.5.29.19");
export const NAME_CONSTRAINTS = oid("2.5.29.30");
export const POLICIES = oid("2.5.29.32");
const SUBJECT_KEY = oid("2.5.29.14");
const AUTHORITY_KEY = oid("2.5.29.35");
const EXTENDED_USAGE = oid("2.5.29.37");

function malformed(message: string): CertificateError {
  return new CertificateError(message, "malformed");
}

/** What the extensions say that matter here; CertificateError if any of them is malformed or there twice. */
export function extensionsOf(certificate: X509): { readonly policies: ReadonlySet<string>; readonly maySign: boolean } {
  try {
    return readExtensions(certificate.extensions);
  } catch (error) {
    if (error instanceof der.DERError) throw malformed("The certificate's extensions are malformed.");
    throw error;
  }
}

function readExtensions(extensions: readonly Extension[]): { policies: ReadonlySet<string>; maySign: boolean } {
  let policies: ReadonlySet<string> = new Set();
  let maySign = false;
  if (new Set(extensions.map((one) => one.oid)).size !== extensions.length) throw new der.DERError("an extension twice");
  for (const { oid: id, value } of extensions) {
    const reader = new der.Reader(value);
    if (id === POLICIES) policies = readPolicies(reader);
    else if (id === KEY_USAGE) maySign = ((readBits(reader.content(der.BIT_STRING))[0] ?? 0) & 0x80) !== 0;
    else if (id === BASIC_CONSTRAINTS) readBasicConstraints(reader);
    else if (id === SUBJECT_KEY) reader.content(der.OCTET_STRING);
    else if (id === AUTHORITY_KEY || id === EXTENDED_USAGE) reader.inside(der.SEQUENCE).elements();
    else continue;
    reader.end();
  }
  return { policies, maySign };
}

function readPolicies(reader: der.Reader): ReadonlySet<string> {
  const list = reader.inside(der.SEQUENCE);
  const found = new Set<string>();
  while (list.more) {
    const information = list.inside(der.SEQUENCE);
    found.add(hex(information.element(der.OID)));
    if (information.more) information.inside(der.SEQUENCE).elements();
    information.end();
  }
  return found;
}

/** Whether a certificate is an authority's, and how many more may stand below it; DERError. */
export function readBasicConstraints(reader: der.Reader): { readonly ca: boolean; readonly pathLength: bigint | null } {
  const parts = reader.inside(der.SEQUENCE);
  const ca = parts.peek() === 0x01;
  if (ca && hex(parts.content(0x01)) !== "ff") throw new der.DERError("a default that is written");
  const number = parts.more ? readInteger(parts.content(der.INTEGER)) : null;
  parts.end();
  if (number !== null && (number[0] as number) >= 0x80) throw new der.DERError("a path length that is no number");
  return { ca, pathLength: number === null ? null : BigInt(`0x${hex(number)}`) };
}

const NAMES: ReadonlyArray<readonly [keyof Party, string]> = [
  ["id", "0.9.2342.19200300.100.1.1"],
  ["organisation", "2.5.4.97"],
  ["role", "2.5.4.11"],
  ["name", "2.5.4.3"],
  ["organisationName", "2.5.4.10"],
];

/** The party a certificate names; CertificateError if it is not a party certificate of our profile. */
export function partyNamed(certificate: X509): Party {
  if (!extensionsOf(certificate).policies.has(USAGE_POLICIES.party)) {
    throw new CertificateError("This certificate is not one of a party.", "wrong-authority");
  }
  const attributes = subjectOf(certificate);
  const party: Record<string, string> = {};
  for (const [member, dotted] of NAMES) {
    const wanted = oid(dotted);
    const [found, ...others] = attributes.filter((one) => one.oid === wanted);
    if (found === undefined || others.length > 0 || found.text === null) {
      throw malformed(`The party certificate must name ${dotted} once.`);
    }
    party[member] = found.text;
  }
  const { id = "", role = "" } = party;
  if (!/^[0-9a-f]{32}$/.test(id) || !ROLES.includes(role)) {
    throw malformed("The party certificate names no known role or a malformed party id.");
  }
  return party as never as Party;
}

/**
 * The party that an outside authority's certificate names, and the value of `attribute` in it: "subject:" or
 * "extension:" and an object identifier. Party id, organisation and role are what an enrolment says; CertificateError.
 */
export function outsideParty(
  certificate: X509, attribute: string, id: string, organisation: string, role: string,
): readonly [Party, string] {
  const [place, dotted = ""] = attribute.split(":");
  const attributes = subjectOf(certificate);
  const one = (wanted: string): string => {
    const [found, ...others] = attributes.filter((each) => each.oid === oid(wanted));
    if (found === undefined || others.length > 0 || found.text === null) {
      throw malformed(`The party certificate must name ${wanted} once.`);
    }
    return found.text;
  };
  const value = place === "subject" ? one(dotted) : extensionText(certificate, dotted);
  const name = one(COMMON_NAME);
  const named = attributes.some((each) => each.oid === oid(ORGANISATION_NAME));
  return [{ id, organisation, role, name, organisationName: named ? one(ORGANISATION_NAME) : name }, value];
}

/** The ids that an attribute's value may stand for: all of it, and what follows type and country; never just any end. */
export function identifiersOf(value: string): readonly string[] {
  const rest = IDENTITY.test(value) ? value.replace(IDENTITY, "") : "";
  return [value, rest].filter((each) => each !== "");
}

/** The text of an extension whose value is one DER string. */
function extensionText({ extensions }: X509, dotted: string): string {
  try {
    if (new Set(extensions.map((one) => one.oid)).size !== extensions.length) throw new der.DERError("an extension twice");
    const found = extensions.find((one) => one.oid === oid(dotted));
    if (found === undefined) throw new der.DERError("no such extension");
    const reader = new der.Reader(found.value);
    if (!STRINGS.includes(reader.peek())) throw new der.DERError("another kind of value");
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(reader.content(reader.peek()));
    reader.end();
    return text;
  } catch (error) {
    if (error instanceof der.DERError || error instanceof TypeError) {
      throw malformed(`The certificate has no text in the extension ${dotted}.`);
    }
    throw error;
  }
}

function subjectOf(certificate: X509): ReadonlyArray<{ readonly oid: string; readonly text: string | null }> {
  try {
    return attributesOf(certificate.subject).flat();
  } catch (error) {
    throw error instanceof der.DERError ? new Unforeseen("ValueError") : error;
  }
}

/** All certificates of a PEM text (at most 1 MiB); CertificateError if there is none or one is damaged. */
export function loadPem(data: Bytes): X509[] {
  if (data.length > MAX_PEM) throw malformed("The PEM file is larger than 1 MiB.");
  try {
    const blocks = pemBlocks(data)?.filter(({ label }) => label === "CERTIFICATE" || label === "X509 CERTIFICATE") ?? [];
    if (blocks.length === 0) throw new der.DERError("no block");
    return blocks.map(({ contents }) => readX509(contents));
  } catch (error) {
    if (error instanceof der.DERError) throw malformed("The PEM file holds no readable certificate.");
    throw error;
  }
}
