// Signing in with a passkey (WebAuthn) or a key of this browser. What is answered is sent by the form itself, so that
// refusals are shown like any other form's.
import { signedStatement } from "../bids/acts";
import { fingerprint, namesIn } from "../signing/certificates";
import type { Signer } from "../signing/cms";
import { b64encode } from "../signing/encoding";
import { allKeys } from "./keyring";
import { h } from "./dom";
import { attempt } from "./page";
import { t } from "./words";

async function challenge(form: HTMLFormElement, kind: string): Promise<any> {
  const token = (form.elements.namedItem("csrf_token") as HTMLInputElement).value;
  const body = new URLSearchParams({ kind, csrf_token: token });
  const answer = await fetch("/sign-in/challenge", { method: "POST", body, redirect: "error" });
  if (!answer.ok) throw new Error(`${answer.status}`);
  return answer.json();
}

async function ask(form: HTMLFormElement, kind: string): Promise<PublicKeyCredential> {
  const { publicKey } = await challenge(form, kind);
  const made =
    kind === "passkey"
      ? await navigator.credentials.get({
          publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(publicKey),
        })
      : await navigator.credentials.create({
          publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(publicKey),
        });
  if (!(made instanceof PublicKeyCredential)) throw new Error("none");
  return made;
}

/** A way to sign in that this browser has. */
function reveal(form: HTMLElement): void {
  form.hidden = false;
  const others = document.querySelector<HTMLElement>("[data-other-ways]");
  if (others !== null) others.hidden = false;
}

for (const form of document.querySelectorAll<HTMLFormElement>("form[data-passkey]")) {
  if (!("PublicKeyCredential" in window)) continue;
  reveal(form);
  const wrong = form.querySelector<HTMLElement>(".wrong");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (wrong) wrong.hidden = true;
    try {
      const made = await ask(form, form.dataset["passkey"] ?? "");
      (form.elements.namedItem("answer") as HTMLInputElement).value = JSON.stringify(made.toJSON());
      form.submit();
    } catch {
      if (wrong) wrong.hidden = false;
    }
  });
}

/** Signing in with a key of this browser: the page's own statement, for this platform's address alone. */
async function byCertificate(form: HTMLFormElement): Promise<void> {
  const signers = await allKeys();
  if (signers.length === 0) return;
  reveal(form);
  const choice = h("select", { class: "form-select mb-2", "aria-label": t("签名密钥", "Signing key") },
    ...signers.map((one, index) => h("option", { value: String(index) }, labelOf(one))));
  form.prepend(choice);
  const button = form.querySelector("button");
  const wrong = form.querySelector<HTMLElement>(".wrong");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (button === null || wrong === null) return;
    wrong.hidden = false;
    void attempt(button, wrong, async () => {
      const signer = signers[Number(choice.value)];
      if (signer === undefined) return;
      const given = await challenge(form, "certificate");
      const members = { origin: location.origin, nonce: String(given.nonce) };
      const file = await signedStatement("sign-in", members, signer, new Date(given.at));
      (form.elements.namedItem("file") as HTMLInputElement).value = b64encode(file);
      form.submit();
    });
  });
}

function labelOf({ certificate }: Signer): string {
  const { name, organisationName } = namesIn(certificate);
  return `${name} · ${organisationName} · ${fingerprint(certificate).slice(0, 8)}`;
}

for (const form of document.querySelectorAll<HTMLFormElement>("form[data-certificate]")) void byCertificate(form);
