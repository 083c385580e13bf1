// Reading and writing objects of the protocol: size, canonical bytes, type, members.
import { dumps, isObject, loads, type JSONObject, type JSONValue } from "../signing/canonical";
import { b64encode, concat, utf8, type Bytes } from "../signing/encoding";
import { addToken, readStatement, type Statement } from "../signing/statements";
import { BidError, refusing } from "./errors";
import type { Form } from "./forms";
import { SCHEMAS, check } from "./schemas";

const MAX_SIZES: Readonly<Record<string, number>> = {
  // bytes; other objects are part of something bounded
  manifest: 1 << 20,
  offer: 4 << 20,
  contents: 4 << 20,
  notice: 16 << 20,
  withdrawal: 64 << 10,
  receipt: 64 << 10,
  "unlock-receipt": 64 << 10,
  leaf: 4 << 10,
  entry: 64 << 20,
};
const MAX_OTHER = 64 << 20;

/** The `type` of objects named `name` in the protocol's table: sunseal/<name>/v1. */
export function typeOf(name: string): string {
  return `sunseal/${name}/v1`;
}

/** The form of objects named `name`. */
export function schemaOf(name: string): Form {
  const schema = SCHEMAS[name];
  if (schema === undefined) throw new BidError("wrong-type", { wanted: typeOf(name) });
  return schema;
}

/** BidError "too-large" if `data` is larger than an object of that name may be. */
export function checkSize(data: Uint8Array, name: string): void {
  const limit = MAX_SIZES[name] ?? MAX_OTHER;
  if (data.length > limit) throw new BidError("too-large", { what: name, limit });
}

/** The members of an unsigned object, or one signed beside itself. */
export function readObject(data: Uint8Array, name: string): JSONObject {
  checkSize(data, name);
  const value = refusing(name, () => loads(data));
  if (!isObject(value) || value["type"] !== typeOf(name)) throw new BidError("wrong-type", { wanted: typeOf(name) });
  check(value, schemaOf(name));
  return value;
}

/** The canonical bytes of an object; refuses what `readObject` would refuse. */
export function writeObject(name: string, members: Readonly<Record<string, JSONValue>>): Bytes {
  const data = refusing(name, () => dumps(buildStatement(name, members)));
  checkSize(data, name);
  return data;
}

/** A statement ready to be signed; refuses what a reader of it would refuse. */
export function buildStatement(name: string, members: Readonly<Record<string, JSONValue>>): JSONObject {
  const value = { type: typeOf(name), ...members };
  check(value, schemaOf(name));
  return value;
}

// Only receipts are stamped: beside any other statement a token would say nothing.
export const STAMPED = ["receipt", "unlock-receipt"];

/** A signed statement, from its file's bytes or as `signing` read it; the signature is not checked here. BidError. */
export function readSigned<S extends Statement>(source: Bytes | S, name: string): Statement | S {
  let read: Statement | S;
  if (source instanceof Uint8Array) {
    checkSize(source, name);
    read = refusing(name, () => readStatement(source, typeOf(name), STAMPED.includes(name)));
  } else {
    read = source;
    if (read.statement["type"] !== typeOf(name)) throw new BidError("wrong-type", { wanted: typeOf(name) });
  }
  check(read.statement, schemaOf(name));
  return read;
}

/** The bytes of the file that a signed statement was read from: canonical, so there is only one. */
export function fileOf(read: Statement): Bytes {
  const file = concat(utf8(`{"signature":"${b64encode(read.signature)}","statement":`), read.bytes, utf8("}"));
  return read.token === null ? file : addToken(file, read.token);
}
