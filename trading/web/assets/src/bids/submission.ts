// Handing a sealed bid in: ciphertext in parts, made as they are sent; then manifest and signature; then the receipt.
import { AnswerMalformed, ApiProblem, type Api } from "../api";
import { b64decode } from "../signing/encoding";
import { body, type SignedDocument } from "./acts";
import { ciphertextOf, type SealedEntry } from "./envelope";
import { BidError } from "./errors";
import { matchReceipt, parseReceipt, type Receipt } from "./receipts";

const MAX_PART = 256 * 1024 * 1024; // bytes

/** Judges a receipt's own signature; throws unless it holds. */
export type VerifyReceipt = (receipt: Receipt) => Promise<void>;

interface UploadState {
  readonly id: string;
  readonly part_bytes: number;
  readonly parts: number;
  readonly have: readonly number[];
  readonly complete: boolean;
}

/** Bytes done and bytes in all. */
export type Progress = (done: number, total: number) => void;

/** A supplier at one tender. */
export class Submission {
  constructor(
    private readonly api: Api, private readonly tender: string, private readonly verify: VerifyReceipt,
  ) {}

  /**
   * Upload every ciphertext, going on where an earlier try ended.
   *
   * BidError "attachment-changed" if a file is no longer what was sealed; ApiProblem: refused; ConnectionLost:
   * broken off, and the next call goes on from there.
   */
  async upload(objects: readonly SealedEntry[], progress: Progress = () => undefined): Promise<void> {
    const total = objects.reduce((sum, one) => sum + one.size, 0);
    let before = 0;
    for (const one of objects) {
      await this.uploadOne(one, (done) => progress(before + done, total));
      before += one.size;
      progress(before, total);
    }
  }

  private async uploadOne(entry: SealedEntry, progress: (done: number) => void): Promise<void> {
    const wanted = { sha256: entry.sha256, size: entry.size };
    const state = (await this.api.post(`/tenders/${this.tender}/uploads`, wanted)) as never as UploadState;
    if (state.complete) return;
    const size = state.part_bytes;
    if (!Number.isInteger(size) || size < 1 || size > MAX_PART) throw new AnswerMalformed("part_bytes");
    const ciphertext = await ciphertextOf(entry);
    const read = (number: number): Promise<Blob> => {
      const part = ciphertext.blob(number * size, (number + 1) * size);
      part.catch(() => undefined); // told when it is waited for
      return part;
    };
    const have = new Set(state.have);
    const missing = Array.from({ length: Math.ceil(entry.size / size) }, (_, number) => number).filter(
      (number) => !have.has(number),
    );
    let done = entry.size - missing.reduce((sum, number) => sum + partSize(entry.size, size, number), 0);
    progress(done);
    let next = missing[0] === undefined ? null : read(missing[0]);
    for (const [at, number] of missing.entries()) {
      const part = await this.whole(entry, next as Promise<Blob>);
      const following = missing[at + 1];
      next = following === undefined ? null : read(following); // sealed while this one is sent
      await this.api.putBytes(`/uploads/${state.id}/parts/${number}`, part);
      done += part.size;
      progress(done);
    }
    try {
      await this.api.post(`/uploads/${state.id}/completion`, {});
    } catch (error) {
      throw error instanceof ApiProblem && error.code === "upload-digest" ? changed(entry, error) : error;
    }
  }

  private async whole(entry: SealedEntry, part: Promise<Blob>): Promise<Blob> {
    try {
      return await part;
    } catch (error) {
      throw changed(entry, error);
    }
  }

  /** Hand in the signed manifest; the receipt, matched with it. The same again gives the same receipt. */
  async submit(signed: SignedDocument): Promise<Receipt> {
    return this.received("bids", signed);
  }

  /** Take a bid back by a signed withdrawal; its receipt. */
  async withdraw(signed: SignedDocument): Promise<Receipt> {
    return this.received("withdrawals", signed);
  }

  private async received(what: string, signed: SignedDocument): Promise<Receipt> {
    const answer = await this.api.post(`/tenders/${this.tender}/${what}`, body(signed));
    const receipt = parseReceipt(b64decode(String(answer["receipt"])));
    matchReceipt(receipt, signed.document, signed.signature);
    await this.verify(receipt);
    return receipt;
  }
}

function partSize(whole: number, size: number, number: number): number {
  return Math.min(size, whole - number * size);
}

function changed(entry: SealedEntry, error: unknown): BidError {
  const name = entry.content instanceof File ? entry.content.name : String(entry.recipe.j);
  return new BidError("attachment-changed", { name, reason: error instanceof Error ? error.message : String(error) });
}
