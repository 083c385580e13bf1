// The errors of signing/: the kinds and reasons of signing/errors.py. Sentences for people are made by the pages.

/** Root of all refusals; `reason` is the short, stable wording of the protocol's vectors. Never holds a secret. */
export class SigningError extends Error {
  readonly reason: string;

  constructor(message: string, reason?: string) {
    super(message);
    this.name = new.target.name;
    this.reason = reason ?? message;
  }
}

/** Bytes that are not RFC 8785 JSON within the protocol's limits, or a value that has no such form. */
export class CanonicalError extends SigningError {}

/** A base64 text, a time or an id that is not in the one accepted form. */
export class EncodingError extends SigningError {}

/** A signature that does not verify, or whose form is not the one the protocol allows. */
export class SignatureInvalid extends SigningError {}

/** A certificate, request or chain that is refused; `reason` says in which of the known ways. */
export class CertificateError extends SigningError {}

/** A share or key that cannot be sealed, or a sealed share that does not open. */
export class SealingError extends SigningError {}

/** Shares that do not recombine, or that were not dealt as the protocol says. */
export class DealingError extends SigningError {}

/** Decrypted content whose padding is not exactly the one the protocol prescribes. */
export class PaddingError extends SigningError {}

/** Ciphertext that is cut, altered, or encrypted under another key or context. */
export class CiphertextError extends SigningError {}

/** A Merkle proof that does not lead to the root, or a question outside the tree. */
export class MerkleError extends SigningError {}

/** A signed note, checkpoint or proof file that is malformed or not signed by the wanted key. */
export class NoteError extends SigningError {}

/** A trust policy of logs that is malformed, at line `line` (0 where no one line is at fault), in the way `code`. */
export class PolicyError extends SigningError {
  constructor(readonly line: number, readonly code: string) {
    super(`The policy is malformed in line ${line}: ${code}.`, `line ${line}: ${code}`);
  }
}

/** A file that is refused; `reason` is one of these words. */
export class KeyFileError extends SigningError {
  constructor(reason: "damaged" | "password" | "legacy" | "no-key" | "other-key-kind" | "other-certificate" | "other-party") {
    super(`The key file is refused: ${reason}.`, reason);
  }
}
