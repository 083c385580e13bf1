// What pages gain where JavaScript runs: clocks that count, and an opening that shows itself.

/** What the reader's clock lacks to the server's, in milliseconds. */
let behind = 0;

const two = (value: number): string => String(value).padStart(2, "0");

function left(until: number): string {
  const seconds = Math.max(0, Math.ceil((until - Date.now() - behind) / 1000));
  const days = Math.floor(seconds / 86400);
  const clock = `${two(Math.floor(seconds / 3600) % 24)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  if (days === 0) return clock;
  return document.documentElement.lang.startsWith("zh") ? `${days} 天 ${clock}` : `${days} d ${clock}`;
}

function tick(): void {
  for (const clock of document.querySelectorAll<HTMLElement>("[data-until]")) {
    clock.textContent = left(Number(clock.dataset["until"]));
  }
}

/** What the server last said of each live part, before clocks wrote into it. */
const said = new WeakMap<HTMLElement, string>();

/** Fetch the live part of this page again and put it in place; the server says when to ask next. */
async function refresh(live: HTMLElement): Promise<void> {
  let pause = 5;
  try {
    const answer = await fetch(live.dataset["live"] ?? "", { headers: { Accept: "text/html" } });
    if (answer.ok) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.querySelector<HTMLElement>("[data-live]");
      // Left alone where nothing is new: who reads or listens to it loses neither place nor focus.
      const now = fresh?.innerHTML;
      if (now !== undefined && now !== said.get(live)) {
        said.set(live, now);
        live.replaceChildren(...(fresh as HTMLElement).childNodes);
      }
      const next = fresh?.dataset["next"];
      if (next === "") return;
      pause = Number(next ?? pause);
      setClock(page);
      tick();
    }
  } catch {
    // The line is down; the page says what it knew, and asks again.
  }
  setTimeout(() => void refresh(live), pause * 1000);
}

function setClock(page: Document): void {
  const now = Number(page.documentElement.dataset["now"]);
  if (Number.isFinite(now) && now > 0) behind = now - Date.now();
}

setClock(document);
for (const live of document.querySelectorAll<HTMLElement>("[data-live]")) said.set(live, live.innerHTML);
tick();
setInterval(tick, 1000);
for (const live of document.querySelectorAll<HTMLElement>("[data-live]")) {
  const next = live.dataset["next"];
  if (next) setTimeout(() => void refresh(live), Number(next) * 1000);
}

/** What the server says of a form, again whenever somebody stops typing. */
for (const form of document.querySelectorAll<HTMLFormElement>("form[data-findings]")) {
  const place = document.getElementById("findings");
  let waiting: ReturnType<typeof setTimeout> | undefined;
  let asked = 0;
  const ask = async (): Promise<void> => {
    const mine = ++asked;
    const fields = new FormData(form);
    fields.delete("sheet");
    try {
      const answer = await fetch(form.dataset["findings"] ?? "", { method: "POST", body: fields });
      if (!answer.ok || mine !== asked || place === null) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      place.replaceChildren(...page.body.childNodes);
    } catch {
      // The findings are shown again when the form is saved.
    }
  };
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => void ask(), 500);
  });
}
