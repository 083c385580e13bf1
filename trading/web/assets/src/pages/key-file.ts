// The file of a key that opens attachments: its seed in hexadecimal, on one line, as `sunseal agency envelope-key` has it.
import { hex, unhex, utf8, type Bytes } from "../signing/encoding";
import { download } from "./page";

const MOST = 1000; // bytes

/** Hand a seed to the reader as a file. */
export function saveSeed(name: string, seed: Bytes): void {
  download(name, utf8(`${hex(seed)}\n`), "text/plain");
}

/** The seed in a file; null if it is no such file. */
export async function seedIn(file: Blob | undefined): Promise<Bytes | null> {
  if (file === undefined || file.size > MOST) return null;
  const [line = ""] = (await file.text()).trim().toLowerCase().split(/\s/);
  return /^[0-9a-f]{64}$/.test(line) ? unhex(line) : null;
}
