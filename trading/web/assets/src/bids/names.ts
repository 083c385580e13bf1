// Names of files that travel with a tender or a bid: told apart and made harmless before a disk sees them.
import { utf8 } from "../signing/encoding";

const MAX_BYTES = 200; // of UTF-8; file systems stop at 255, and a number in front must fit

const HARMFUL =
  /[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffe\uffff/\\:*?"<>|]|\p{Surrogate}/u;
const DEVICES = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|con[iıİ]n\$|conout\$)(?:\..*)?$/i;

/**
 * Whether `name` is one plain file name on every common system.
 *
 * No path parts, control or direction marks, no leading dot or blank, no trailing dot or blank, no device name of
 * Windows, in Unicode's composed form (NFC), at most 200 bytes.
 */
export function isSafe(name: string): boolean {
  return (
    name !== "" &&
    !HARMFUL.test(name) &&
    !/^[. ]|[. ]$/.test(name) &&
    !DEVICES.test(name) &&
    name.normalize("NFC") === name &&
    utf8(name).length <= MAX_BYTES
  );
}

/** A safe name that still resembles `name`; `number` stands in front so that no two become one. */
export function makeSafe(name: string, number: number): string {
  const bytes = utf8(name.replace(new RegExp(HARMFUL, "gu"), "_").normalize("NFC")).subarray(0, MAX_BYTES - 8);
  // As of a stream, a character that was cut in two is left out.
  const cleaned = new TextDecoder().decode(bytes, { stream: true }).replace(/^[. ]+|[. ]+$/g, "");
  return `${String(number).padStart(3, "0")}-${cleaned === "" ? "file" : cleaned}`;
}

/** What two names have in common if some file system takes them for the same file. */
export function sameKey(name: string): string {
  return Array.from(name.normalize("NFKC"), folded).join("").normalize("NFC");
}

/** Unicode's full case folding of one character: lower case of its upper case, but for a few. */
function folded(character: string): string {
  if (character === "ı") return character;
  if (character === "ẞ") return "ss";
  if (/[\u13a0-\u13f5]/.test(character)) return character; // Cherokee folds to its capitals
  if (/[\uab70-\uabbf\u13f8-\u13fd]/.test(character)) return character.toUpperCase();
  return Array.from(character.toUpperCase(), (capital) => capital.toLowerCase()).join("");
}
