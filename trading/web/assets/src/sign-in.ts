// Signing in with a passkey (WebAuthn). What the browser answers is sent by the form itself, so that refusals are
// shown like any other form's.

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

for (const form of document.querySelectorAll<HTMLFormElement>("form[data-passkey]")) {
  if (!("PublicKeyCredential" in window)) continue;
  form.hidden = false;
  const others = document.querySelector<HTMLElement>("[data-other-ways]");
  if (others !== null) others.hidden = false;
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
