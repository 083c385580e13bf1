// Bidders' attachments on the page that compares the bids: opened by who may, in the way of their role.
import { agencyFiles } from "./agency-files";
import { h } from "./dom";
import { actor, attempt } from "./page";

const who = actor();
for (const place of document.querySelectorAll<HTMLElement>("[data-files]")) {
  if (who?.role === "agency") {
    agencyFiles(place, who).catch((error: unknown) => void attempt(h("button"), place, () => Promise.reject(error)));
  }
}
