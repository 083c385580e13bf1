// The file in which a bidder keeps the secret of its own lock: for people to read, of one form for all.
import { b64decode, b64encode, isId, utf8, type Bytes } from "../signing/encoding";
import { EncodingError } from "../signing/errors";
import { hexdigest } from "../signing/hashing";
import { BidError } from "./errors";

const MAX_SIZE = 8 * 1024; // bytes

const WORDS = [
  "# 阳光交易 · 投标解锁文件 / Sunseal: the file that unlocks your bid",
  "#",
  "# 请妥善保管，开标前不要交给任何人，也不要上传。开标时须在规定时段内用它解锁，否则投标不能开启。",
  "# Keep it safe. Before the opening give it to nobody and upload it nowhere. At the opening you must",
  "# unlock your bid with it within the window that the notice's rules set, or the bid is not opened.",
];
const LINE = /^([a-z]+): ([!-~]{1,200})$/;
const MEMBERS = ["tender", "bid", "opens", "secret", "lock"];

/** A bid's secret (32 bytes) and where it belongs; `opens` is the opening time, RFC 3339 UTC. */
export interface UnlockFile {
  readonly tender: string;
  readonly bid: string;
  readonly opens: string;
  readonly secret: Bytes;
}

/** The file's bytes: words for people, then one member a line. */
export function writeUnlockFile({ tender, bid, opens, secret }: UnlockFile): Bytes {
  const members = { tender, bid, opens, secret: b64encode(secret), lock: hexdigest(secret) };
  return utf8([...WORDS, ...Object.entries(members).map(([name, value]) => `${name}: ${value}`), ""].join("\n"));
}

/**
 * The file as written, also where a mail program or editor changed line ends or blanks around lines.
 *
 * Raises BidError "unlock-file-malformed", "unlock-file-damaged" if the secret is not the one written down.
 */
export function readUnlockFile(data: Bytes): UnlockFile {
  const text = data.length > MAX_SIZE ? "" : new TextDecoder().decode(data);
  const found = new Map<string, string>();
  for (const line of text.split(/\r\n|\r|\n/)) {
    const [, name, value] = LINE.exec(line.trim()) ?? [];
    if (name !== undefined && value !== undefined) found.set(name, value);
  }
  const [tender, bid, opens, text64, lock] = MEMBERS.map((name) => found.get(name));
  if (!isId(tender) || !isId(bid) || opens === undefined || text64 === undefined || lock === undefined) {
    throw new BidError("unlock-file-malformed");
  }
  const secret = decoded(text64);
  if (secret.length !== 32 || hexdigest(secret) !== lock) throw new BidError("unlock-file-damaged");
  return { tender, bid, opens, secret };
}

function decoded(text: string): Bytes {
  try {
    return b64decode(text);
  } catch (error) {
    if (error instanceof EncodingError) return new Uint8Array(0);
    throw error;
  }
}
