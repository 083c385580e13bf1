// The little that pages need of the document.

/** The element with that id; its template and its script belong together. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no ${id}`);
  return found as T;
}

type Child = Node | string;

/** An element; attributes that are functions listen to the event of their name. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K, attributes: Readonly<Record<string, string | boolean | ((event: Event) => void)>> = {}, ...children: Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (typeof value === "boolean") made.toggleAttribute(name, value);
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

/** Let the reader keep some bytes as a file. */
export function download(name: string, data: Uint8Array<ArrayBuffer>, type: string, label: string): HTMLElement {
  const link = h("a", { class: "btn btn-outline-secondary", download: name }, label);
  link.href = URL.createObjectURL(new Blob([data], { type }));
  return link;
}
