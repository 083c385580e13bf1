// Attachments of opened bids: opened on this machine, listed by supplier, each to be saved.
import { ConnectionLost, type Api } from "../api";
import type { Accepted } from "../bids/examination";
import { partOf } from "../bids/manifest";
import { contentKey, listedFiles, openFile, openIndex, safeNames, type ListedFile } from "../bids/opened";
import type { Bytes } from "../signing/encoding";
import { partyNamed } from "../signing/profile";
import { h } from "./dom";
import { arriving, whyNot, type OpenBids } from "./open-bids";
import { size as inWords, t } from "./words";

// Bytes of ciphertext, of a file and of all together; what is larger, or beyond, is opened when asked for.
const AT_ONCE = 32 * 1024 * 1024;
const ALTOGETHER = 16 * AT_ONCE;

/** Where the key that a bidder dealt comes from, and the address of its ciphertexts. */
export interface Source {
  key(bid: Accepted): Promise<Bytes>;
  path(bid: Accepted, number: number): string;
}

/**
 * Open the attachments of all bids, one after the other; `order` is that of the comparison beside them.
 *
 * Gives the dealt keys by bid, which are the content keys but for a bidder's own lock. One bid or file that does not open stops no other.
 */
export async function listFiles(
  place: HTMLElement, status: HTMLElement, calls: Api, open: OpenBids, order: readonly string[], source: Source,
): Promise<ReadonlyMap<string, Bytes>> {
  const { segment } = open;
  const rank = ({ bid }: Accepted): number => (order.includes(bid) ? order.indexOf(bid) : order.length);
  const bids = [...open.bids].sort((one, other) => rank(one) - rank(other));
  const keys = new Map<string, Bytes>();
  const counts = { files: 0, wrong: 0, bytes: 0, large: 0 };
  for (const link of place.querySelectorAll("a")) URL.revokeObjectURL(link.href);
  place.replaceChildren();
  for (const [at, bid] of bids.entries()) {
    status.textContent = t(`正在打开第 ${at + 1} 份投标，共 ${bids.length} 份…`, `Opening bid ${at + 1} of ${bids.length}…`);
    const list = panel(place, at + 1, bid);
    try {
      const dealt = await source.key(bid);
      const key = contentKey(bid.manifest, "files", dealt, open.secrets.get(bid.bid) ?? null, segment);
      const index = await openIndex(bid.manifest, "files", key, arriving(calls, bid, segment, 0, source.path(bid, 0)), segment);
      const files = listedFiles(index, bid.manifest, segment);
      keys.set(bid.bid, dealt);
      counts.files += files.length;
      if (files.length === 0) list.append(h("li", { class: "empty" }, t("没有附件。", "No attachments.")));
      const names = safeNames(files);
      const rows = files.map((file, number) => new Row(calls, bid, segment, file, names[number] as string, key, source.path(bid, file.object)));
      list.append(...rows.map((row) => row.element));
      for (const row of rows) {
        if (row.sealed > AT_ONCE || counts.bytes + row.sealed > ALTOGETHER) {
          counts.large += 1;
          continue;
        }
        counts.bytes += row.sealed;
        if (!(await row.open())) counts.wrong += 1;
      }
    } catch (error) {
      counts.wrong += 1;
      list.append(h("li", {}, h("p", { class: "wrong m-0" }, whyNot(error))));
    }
  }
  status.textContent = t(`截标、日志和签名核对无误；打开了 ${keys.size} 份投标，共 ${counts.files} 个附件。`,
    `Closing, log and signatures hold; ${keys.size} bids with ${counts.files} attachments are open.`)
    + (counts.large > 0 ? t(`其中 ${counts.large} 个较大，请逐个点「打开」。`, ` ${counts.large} of them are large: open them one by one.`) : "")
    + (counts.wrong > 0 ? t(`有 ${counts.wrong} 处打不开，原因见下。`, ` ${counts.wrong} did not open; why, it says below.`) : "");
  return keys;
}

function panel(place: HTMLElement, number: number, bid: Accepted): HTMLElement {
  const list = h("ol");
  place.append(h("div", { class: "panel" }, h("h2", { id: `files-${bid.bid}` }, `${number}. ${nameOf(bid)}`), list));
  return list;
}

/** The bidder's name by the certificate that signed the bid; another authority's may have none in our form. */
function nameOf({ certificate, supplier }: Accepted): string {
  try {
    return partyNamed(certificate).organisationName;
  } catch {
    return supplier;
  }
}

/** A file of the sealed list; opened, it can be saved. */
class Row {
  readonly element: HTMLElement;
  /** Bytes of its ciphertext. */
  readonly sealed: number;
  private readonly size = h("span");
  private readonly digest = h("div", { class: "quiet" });
  private readonly act = h("span");

  constructor(
    private readonly calls: Api, private readonly bid: Accepted, private readonly segment: string, private readonly file: ListedFile,
    private readonly name: string, private readonly key: Bytes, private readonly path: string,
  ) {
    this.sealed = partOf(bid.manifest, "files", segment).objects[file.object]?.size ?? 0;
    this.element = h("li", {}, h("div", { class: "line" }, h("span", { class: "grow" }, name), this.act),
      h("div", { class: "quiet" }, file.media_type, " · ", this.size), this.digest);
    this.size.textContent = t(`密文 ${inWords(this.sealed)}`, `sealed, ${inWords(this.sealed)}`);
    this.offer(t("打开", "Open"));
  }

  /** Fetch, decrypt and compare with the sealed list; false if that fails, and then the row says why. */
  async open(): Promise<boolean> {
    this.digest.className = "quiet";
    this.digest.replaceChildren();
    // What browsers keep of a Blob need not be in memory.
    const pieces: Blob[] = [];
    let done = 0;
    try {
      const ciphertext = arriving(this.calls, this.bid, this.segment, this.file.object, this.path);
      const size = await openFile(this.bid.manifest, this.file, this.key, ciphertext, (piece) => {
        pieces.push(new Blob([piece]));
        done += piece.length;
        this.act.textContent = `${Math.min(99, Math.floor((100 * done) / this.sealed))}\u00a0%`;
      }, this.segment);
      this.size.textContent = inWords(size);
      this.digest.replaceChildren(t("SHA-256，与密封的清单一致", "SHA-256, as in the sealed list"), h("div", { class: "mono" }, this.file.sha256));
      // Never under its own media type: it must not be taken for a page of the platform.
      const save = h("a", { class: "btn btn-sm btn-outline-secondary", download: this.name }, t("保存", "Save"), this.whose());
      save.href = URL.createObjectURL(new Blob(pieces, { type: "application/octet-stream" }));
      this.act.replaceChildren(save);
      return true;
    } catch (error) {
      this.digest.className = "wrong";
      this.digest.replaceChildren(whyNot(error));
      this.act.replaceChildren();
      if (error instanceof ConnectionLost) this.offer(t("再试", "Try again"));
      return false;
    }
  }

  private offer(label: string): void {
    this.act.replaceChildren(h("button", { type: "button", class: "btn btn-sm btn-outline-secondary", click: () => void this.open() }, label, this.whose()));
  }

  private whose(): HTMLElement {
    return h("span", { class: "visually-hidden" }, ` ${this.name}`);
  }
}
