// Bidders' attachments on the page that compares the bids, and the evaluator's key: opened in the way of each role.
import { agencyFiles } from "./agency-files";
import { h } from "./dom";
import { evaluatorFiles } from "./evaluator-files";
import { ownKey } from "./evaluator-key";
import { actor, attempt, type Actor } from "./page";

async function begin(place: HTMLElement, who: Actor): Promise<void> {
  if (who.role === "agency") await agencyFiles(place, who);
  else await evaluatorFiles(place, who);
}

const who = actor();
if (who !== null) {
  const tell = (place: HTMLElement) => (error: unknown) => void attempt(h("button"), place, () => Promise.reject(error));
  for (const place of document.querySelectorAll<HTMLElement>("[data-files]")) begin(place, who).catch(tell(place));
  for (const place of document.querySelectorAll<HTMLElement>("[data-own-key]")) {
    ownKey(place, who, place.dataset["ownKey"] ?? "").catch(tell(place));
  }
}
