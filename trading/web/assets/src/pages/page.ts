// What scripts of pages share: the platform's time, who is signed in, files handed out, acts of buttons.
import { Api, ApiProblem, ConnectionLost } from "../api";
import { h } from "./dom";
import { language, sentence } from "./words";

// The platform judges times by its own clock; a reader's may be wrong.
const shown = Number(globalThis.document?.documentElement.dataset["now"]); // workers have no document
const behind = Number.isFinite(shown) && shown > 0 ? shown - Date.now() : 0;

/** The time by the platform's clock, as far as this page knows it. */
export function now(): Date {
  return new Date(Date.now() + behind);
}

/** Who is signed in, as the page says; null for the public. */
export interface Actor {
  readonly person: string;
  readonly organisation: string;
  readonly role: string;
  readonly name: string;
}

export function actor(): Actor | null {
  const { person, organisation, role, name } = document.body.dataset;
  if (person === undefined || organisation === undefined || role === undefined) return null;
  return { person, organisation, role, name: name ?? "" };
}

/** The API as who is signed in. */
export function api(waiting?: (milliseconds: number) => void): Api {
  return new Api(document.body.dataset["token"] ?? "", language === "zh" ? "zh-CN" : "en", waiting);
}

/** Hand a file to the reader. */
export function download(name: string, data: BlobPart, type: string): void {
  const address = URL.createObjectURL(new Blob([data], { type }));
  h("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/** Do something while its button waits; what goes wrong is shown in `place`. */
export async function attempt(button: HTMLButtonElement, place: HTMLElement, act: () => Promise<void>): Promise<void> {
  button.disabled = true;
  place.replaceChildren();
  try {
    await act();
  } catch (error) {
    if (!(error instanceof ApiProblem) && !(error instanceof ConnectionLost)) console.debug(error);
    place.replaceChildren(h("p", { class: "refusal", role: "alert" }, sentence(error)));
  } finally {
    button.disabled = false;
  }
}
