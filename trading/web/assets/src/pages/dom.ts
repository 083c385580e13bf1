// The little that pages need of the document.

/** The element with that id; its template and its script belong together. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no ${id}`);
  return found as T;
}

/** An element of text and further elements. */
export function make(tag: string, attributes: Readonly<Record<string, string>>, ...content: readonly (string | Node)[]): HTMLElement {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...content);
  return made;
}

/** Let the reader keep some bytes as a file. */
export function download(name: string, data: Uint8Array<ArrayBuffer>, type: string, label: string): HTMLElement {
  const link = make("a", { class: "btn btn-outline-secondary", download: name }, label) as HTMLAnchorElement;
  link.href = URL.createObjectURL(new Blob([data], { type }));
  return link;
}
