// Signed statements: `{"statement": {…}, "signature": base64 CMS over the statement's canonical bytes}`.
import { dumps, type JSONObject } from "./canonical";
import { sign, type Signer } from "./cms";
import { b64encode, type Bytes } from "./encoding";
import { SignatureInvalid } from "./errors";

/** The canonical bytes of the signed statement; SignatureInvalid if it has no text `type`. */
export async function signStatement(statement: JSONObject, signer: Signer, at: Date): Promise<Bytes> {
  if (typeof statement["type"] !== "string") {
    throw new SignatureInvalid("A statement without a type may not be signed.");
  }
  const signature = await sign(dumps(statement), signer, at);
  return dumps({ statement, signature: b64encode(signature) });
}
