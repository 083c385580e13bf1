// Signed statements: `{"statement": {…}, "signature": base64 CMS over the statement's canonical bytes}`; a receipt may
// have a third member, `token`: a time-stamp over its signature, in base64.
import { dumps, isObject, loads, type JSONObject } from "./canonical";
import { sign, type Signer } from "./cms";
import { verifyWithChain, type Verified } from "./cms_reading";
import { b64decode, b64encode, concat, parseTime, utf8, type Bytes } from "./encoding";
import { SignatureInvalid } from "./errors";
import { hexdigest } from "./hashing";
import type { Kind, Usage } from "./profile";
import type { Crl, X509 } from "./x509";

const MAX_STATEMENT = 64 * 1024 * 1024; // bytes
const MEMBER = utf8(',"statement":');

/** The canonical bytes of the signed statement; SignatureInvalid if it has no text `type`. */
export async function signStatement(statement: JSONObject, signer: Signer, at: Date): Promise<Bytes> {
  if (typeof statement["type"] !== "string") {
    throw new SignatureInvalid("A statement without a type may not be signed.");
  }
  const signature = await sign(dumps(statement), signer, at);
  return dumps({ statement, signature: b64encode(signature) });
}

/** A statement as read: its members, canonical bytes and their SHA-256 (hex), and the CMS signature (DER). */
export interface Statement {
  readonly statement: JSONObject;
  readonly bytes: Bytes;
  readonly digest: string;
  readonly signature: Bytes;
  readonly token: Bytes | null; // DER, unchecked
}

/** A statement whose signature and chain were checked. */
export interface VerifiedStatement extends Statement {
  readonly verified: Verified;
}

/** Read a signed statement of `type` without checking its signature; CanonicalError, EncodingError, SignatureInvalid. */
export function readStatement(data: Bytes, type: string, withToken = false): Statement {
  if (data.length > MAX_STATEMENT) throw new SignatureInvalid("The statement is larger than 64 MiB.");
  const envelope = loads(data);
  const members = isObject(envelope) ? Object.keys(envelope).sort().join() : "";
  const hasToken = withToken && members === "signature,statement,token";
  if (!isObject(envelope) || (members !== "signature,statement" && !hasToken)) {
    throw new SignatureInvalid("A signed statement has exactly the members `statement` and `signature`.");
  }
  const { statement, signature, token } = envelope;
  if (hasToken && typeof token !== "string") {
    throw new SignatureInvalid("In a signed statement `token` is base64 text.");
  }
  if (!isObject(statement) || typeof signature !== "string") {
    throw new SignatureInvalid("In a signed statement `statement` is an object and `signature` is base64 text.");
  }
  if (statement["type"] !== type) throw new SignatureInvalid(`This is not a statement of the type ${type}.`);
  // Canonical bytes nest: the statement's own bytes are those between its name and the closing brace.
  const start = data.findIndex((byte, at) => byte === MEMBER[0] && MEMBER.every((one, n) => data[at + n] === one));
  const end = typeof token !== "string" ? 1 : token.length + ',"token":""}'.length;
  const bytes = data.slice(start + MEMBER.length, -end);
  const [cms, stamp] = [b64decode(signature), typeof token !== "string" ? null : b64decode(token)];
  return { statement, bytes, digest: hexdigest(bytes), signature: cms, token: stamp };
}

/** The file of a signed statement that has no token, with one (DER) beside it. */
export function addToken(data: Bytes, token: Bytes): Bytes {
  return concat(data.slice(0, -1), utf8(`,"token":"${b64encode(token)}"}`));
}

/** The statement's own `at`, microseconds since 1970; SignatureInvalid if it has none, EncodingError for a bad one. */
export function statedTime({ statement }: Statement): bigint {
  const own = statement["at"];
  if (typeof own !== "string") {
    throw new SignatureInvalid("The statement has no time `at` to judge its certificate by.");
  }
  return parseTime(own);
}

/** Read a signed statement and check signature and chain as of its own `at`. */
export async function verifyStatement(
  data: Bytes, type: string, roots: readonly X509[], kind: Kind, usage: Usage, crls: readonly Crl[] = [],
  withToken = false,
): Promise<VerifiedStatement> {
  const read = readStatement(data, type, withToken);
  const verified = await verifyWithChain(read.bytes, read.signature, roots, statedTime(read), kind, usage, crls);
  return { ...read, verified };
}
