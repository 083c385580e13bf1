// What bids/ refuses, and why: the codes of bids/errors.py, with the values that their sentences need.
import {
  CanonicalError, CertificateError, CiphertextError, DealingError, EncodingError, MerkleError, NoteError,
  PaddingError, PolicyError, SealingError, SignatureInvalid, SigningError,
} from "../signing/errors";

export type Params = Readonly<Record<string, string | number>>;

const UNPRINTABLE = /[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]|\p{Surrogate}/gu;
const MAX_PARAM = 300; // characters

/** Root of all refusals: a stable `code` and what its sentence is filled in with; secrets are never among it. */
export class BidError extends Error {
  readonly params: Readonly<Record<string, string>>;

  constructor(readonly code: string, params: Params = {}) {
    super(`${code} ${JSON.stringify(params)}`);
    this.name = "BidError";
    this.params = Object.fromEntries(
      Object.entries(params).map(([name, value]) => [
        name, [...String(value)].slice(0, MAX_PARAM).join("").replace(UNPRINTABLE, "\ufffd"),
      ]),
    );
  }
}

/** The first characters of a value that is refused, as many as Python shows. */
export function startOf(value: string): string {
  return [...value.slice(0, 120)].slice(0, 60).join("");
}

const CODES: ReadonlyArray<readonly [new (...given: never[]) => SigningError, string]> = [
  [CanonicalError, "not-canonical"],
  [EncodingError, "encoding-invalid"],
  [SignatureInvalid, "signature-invalid"],
  [SealingError, "sealing-failed"],
  [DealingError, "dealing-failed"],
  [PaddingError, "padding-invalid"],
  [CiphertextError, "ciphertext-invalid"],
  [MerkleError, "proof-invalid"],
  [NoteError, "note-invalid"],
  [PolicyError, "policy-malformed"],
];

/** The refusal that a `signing` error amounts to; `params` say of which object or bid. */
export function fromSigning(error: SigningError, params: Params): BidError {
  const code =
    error instanceof CertificateError
      ? `certificate-${error.reason}`
      : (CODES.find(([kind]) => error instanceof kind)?.[1] ?? "signing-refused");
  return new BidError(code, { what: "object", reason: error.reason, ...params });
}

/** What `act` gives; every `signing` error in it becomes a BidError that says it was about `what`. */
export function refusing<T>(what: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw error instanceof SigningError ? fromSigning(error, { what }) : error;
  }
}

/** As `refusing`, of what takes time. */
export async function refusingLater<T>(what: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw error instanceof SigningError ? fromSigning(error, { what }) : error;
  }
}

/** What `act` gives; every refusal in it names `file`, unless it names one already. */
export async function about<T>(file: string, act: () => T | Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof BidError) || "file" in error.params) throw error;
    throw new BidError(error.code, { ...error.params, file });
  }
}
