// The files chosen for a bid: listed, and taken off again.
import { checkAttachments, mediaTypeOf, type Attachment } from "../bids/envelope";
import { byId, h } from "./dom";
import { sentence, size, t } from "./words";

export class AttachmentList {
  private chosen: Attachment[] = [];

  /** `suffix` is that of the ids of its field and its list. */
  constructor(private readonly suffix = "") {
    const input = byId<HTMLInputElement>(`files${suffix}`);
    input.addEventListener("change", () => {
      for (const file of input.files ?? []) this.add(file);
      input.value = ""; // so that a file taken off can be chosen again
    });
  }

  get attachments(): readonly Attachment[] {
    return this.chosen;
  }

  private add(file: File): void {
    const one = { name: file.name.normalize("NFC"), mediaType: mediaTypeOf(file), content: file };
    try {
      checkAttachments([...this.chosen, one]);
      this.chosen.push(one);
      this.show();
    } catch (error) {
      this.show(sentence(error));
    }
  }

  private show(problem = ""): void {
    const rows = this.chosen.map((one) => {
      const remove = h("button", { class: "btn btn-sm btn-link", type: "button" }, t("移除", "Remove"), h("span", { class: "visually-hidden" }, ` ${one.name}`));
      remove.addEventListener("click", () => {
        this.chosen = this.chosen.filter((each) => each !== one);
        this.show();
        byId(`files${this.suffix}`).focus();
      });
      return h("li", { class: "line" }, h("span", { class: "grow" }, one.name), h("span", { class: "quiet num" }, size(one.content.size)), remove);
    });
    byId(`chosen${this.suffix}`).replaceChildren(...rows, ...(problem === "" ? [] : [h("li", { class: "wrong", role: "alert" }, problem)]));
  }
}
