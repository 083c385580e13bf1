// Follows the platform's public log from this browser, so that nothing in it can be hidden or rewritten unseen.
//
// Two things are remembered: the newest checkpoint of the log that was seen, which every other must extend, and for
// each tender that somebody here acts in, its entries with the tree that they were read from. A consistency proof shows
// that the log only grew; reading every entry shows besides that none of the tender's was kept from this reader.
import { ApiProblem, AnswerMalformed, type Api } from "../api";
import { checkLogExtends } from "../bids/custody";
import { parseEntry, type Entry } from "../bids/entries";
import { BidError, refusingLater } from "../bids/errors";
import { readSigned } from "../bids/objects";
import { SKEW } from "../bids/trust";
import { b64decode, concat, equal, parseTime, utf8, type Bytes } from "../signing/encoding";
import { MerkleError } from "../signing/errors";
import { leafHash } from "../signing/merkle";
import { parseCheckpoint, type Checkpoint, type NoteVerifier } from "../signing/notes";
import { later } from "../signing/python";
import { Frontier, WIDTH, readBundle, readPeaks, tilePath } from "../signing/tiles";

const PREFIX = "/log/";
const SETTING = "envelope-key.set";
const AHEAD = 6; // bundles asked for at once
const PAGE = 500; // entries
const MOST_SPLITS = 20; // a log that splits more often is known by now
const BUSY = 40; // milliseconds after which the page may do something else

/** Where it is remembered: see keeping.ts. */
export interface LogMemory {
  read(name: string): Promise<unknown>;
  write(name: string, value: unknown): Promise<void>;
}

/** An entry after its position in the log. */
export type Logged = readonly [number, Bytes];

/** A tender's entries among the first `size`, whose tree has these complete subtrees; `note` is that checkpoint. */
interface Followed {
  readonly note: Bytes;
  readonly size: number;
  readonly peaks: readonly Bytes[];
  readonly entries: readonly Logged[];
}

/** Where following a tender begins: no entry before that checkpoint can concern it; the rest once it was read. */
type Begun = Pick<Followed, "note"> & Partial<Followed>;

/** A party's statement of its envelope key: microseconds since 1970 by its own word, and its digest. */
export interface Setting {
  readonly at: number;
  readonly digest: string;
}

/** Two checkpoints that the log's key signed, of which neither extends the other; when the second was shown. */
export interface Split {
  readonly seen: Bytes;
  readonly shown: Bytes;
  readonly at: string;
}

/** As BidError "log-rewritten"; both checkpoints are kept. */
export class SplitView extends BidError {
  constructor(params: BidError["params"], readonly split: Split) {
    super("log-rewritten", params);
  }
}

/** Both checkpoints in a file for a person and for other verifiers, as the agent and witnesses write it. */
export function splitFile({ seen, shown }: Split): Bytes {
  return concat(utf8([
    "Two checkpoints signed by the same log. The second was refused: it does not extend the one seen before.",
    "If no consistency proof leads from one to the other, the log shows different people different",
    "entries (a split view), and these two notes are the proof of it.",
    "", "=== known ===", "",
  ].join("\n")), seen, utf8("\n=== refused ===\n"), shown);
}

export class LogFollower {
  /** `told` hears how many entries of how many have been read. */
  constructor(
    private readonly api: Api, private readonly log: NoteVerifier, private readonly memory: LogMemory,
    private readonly told: (done: number, all: number) => void = () => undefined,
  ) {}

  get origin(): string {
    return this.log.name;
  }

  /**
   * Check a signed checkpoint, the platform's newest without one, against the newest seen, and remember it if it is
   * newer. 1. The log's key signed it. 2. A consistency proof leads from the smaller of the two to the larger; of the
   * same size they have the same root. BidError "note-invalid"; SplitView.
   */
  async follow(note?: Bytes): Promise<Checkpoint> {
    const shown = note ?? (await this.api.bytes("/log/checkpoint"));
    const seen = (await this.memory.read("checkpoint")) as Bytes | undefined;
    const [now, before] = [await this.parsed(shown), seen === undefined ? null : await this.parsed(seen)];
    const [older, newer] = before !== null && now.size < before.size ? [shown, seen as Bytes] : [seen, shown];
    try {
      await checkLogExtends(older, newer, (old, size) => this.consistency(old, size), this.log);
    } catch (error) {
      if (!(error instanceof BidError) || error.code !== "log-rewritten") throw error;
      const split: Split = { seen: seen as Bytes, shown, at: new Date().toISOString() };
      const kept = await this.splits();
      if (kept.length < MOST_SPLITS && !kept.some((one) => equal(one.seen, split.seen) && equal(one.shown, shown))) {
        await this.memory.write("splits", [...kept, split]);
      }
      throw new SplitView(error.params, split);
    }
    if (before === null || now.size > before.size) {
      const meanwhile = (await this.memory.read("checkpoint")) as Bytes | undefined;
      // Another tab has followed the log as well: what it has seen counts too.
      if (meanwhile !== undefined && (seen === undefined || !equal(meanwhile, seen))) return this.follow(shown);
      await this.memory.write("checkpoint", shown);
    }
    return now;
  }

  /** All contradictions that were ever found here. */
  async splits(): Promise<readonly Split[]> {
    return ((await this.memory.read("splits")) as readonly Split[] | undefined) ?? [];
  }

  /** Begin to follow a tender of which the log has nothing yet: entries from now on are read. */
  async begin(tender: string): Promise<void> {
    await this.follow();
    if ((await this.memory.read(`tender ${tender}`)) !== undefined) return;
    await this.memory.write(`tender ${tender}`, { note: await this.memory.read("checkpoint") });
  }

  /**
   * The tender's entries, in log order, up to the newest checkpoint seen. All entries are fetched that were not read
   * before: from where following this tender began, from the log's beginning if it never did. The root over them must
   * be the checkpoint's. BidError "log-entries-false".
   */
  async entries(tender: string): Promise<readonly Logged[]> {
    const kept = await this.begun(tender);
    if (kept !== null) await this.follow(kept.note);
    else await this.followNoted(tender);
    const note = (await this.memory.read("checkpoint")) as Bytes | undefined;
    if (note === undefined) {
      await this.follow();
      return this.entries(tender);
    }
    const { size, root } = await this.parsed(note);
    const frontier = await this.frontierOf(kept);
    const [start, end] = [frontier.size, Number(size)];
    const found = [...(kept?.entries ?? [])];
    const envelopes = new Map<string, Setting>();
    for await (const [position, entries] of this.read(start, end)) {
      entries.forEach((raw, at) => {
        frontier.append(leafHash(raw));
        if (mentions(raw, SETTING)) noteKey(envelopes, parseEntry(raw));
        if (mentions(raw, tender) && parseEntry(raw).tender === tender) found.push([position + at, raw.slice()]);
      });
      this.told(frontier.size - start, end - start);
    }
    if (frontier.root !== null && !equal(frontier.root, root)) throw new BidError("log-entries-false", { size: end });
    for (const [party, setting] of envelopes) await this.noteEnvelope(party, setting);
    const now: Followed = { note, size: end, peaks: frontier.peaks, entries: found };
    await this.memory.write(`tender ${tender}`, now);
    return found;
  }

  /** The digest of a party's statement of its envelope key, the newest by its own time that is known here; or null. */
  async envelopeKey(party: string): Promise<string | null> {
    return ((await this.memory.read(`envelope ${party}`)) as Setting | undefined)?.digest ?? null;
  }

  /** Know this statement from now on, unless a newer one is known. */
  async noteEnvelope(party: string, setting: Setting): Promise<void> {
    const known = (await this.memory.read(`envelope ${party}`)) as Setting | undefined;
    if (known === undefined || known.at < setting.at) await this.memory.write(`envelope ${party}`, setting);
  }

  /** A checkpoint that was noted unread, at a time when something else mattered; what is none counts for nothing. */
  private async followNoted(tender: string): Promise<void> {
    const noted = (await this.memory.read(`seen ${tender}`)) as Bytes | undefined;
    const valid = noted !== undefined && (await this.parsed(noted).then(() => true, (error) => {
      if (error instanceof BidError) return false;
      throw error;
    }));
    if (valid) await this.follow(noted);
  }

  /** What was read of a tender, or where following it begins; null for the log's beginning. */
  private async begun(tender: string): Promise<Begun | null> {
    return ((await this.memory.read(`tender ${tender}`)) as Begun | undefined) ?? null;
  }

  private async frontierOf(kept: Begun | null): Promise<Frontier> {
    if (kept === null) return new Frontier();
    if (kept.peaks !== undefined && kept.size !== undefined) return new Frontier(kept.size, kept.peaks);
    const { size, root } = await this.parsed(kept.note);
    const given = await refusingLater("log tiles", () => readPeaks(Number(size), (path) => this.api.file(PREFIX + path)));
    const frontier = new Frontier(Number(size), given);
    if (frontier.root !== null && !equal(frontier.root, root)) throw new BidError("log-entries-false", { size: Number(size) });
    return frontier;
  }

  private parsed(note: Bytes): Promise<Checkpoint> {
    return refusingLater("log checkpoint", () => parseCheckpoint(note, this.log, this.log.name));
  }

  private async consistency(older: bigint, newer: bigint): Promise<readonly Bytes[]> {
    try {
      const answer = await this.api.get(`/log/proof/consistency?old=${older}&new=${newer}`);
      return (answer["hashes"] as readonly string[]).map((one) => b64decode(one));
    } catch (error) {
      // A log that has lost entries has no proof to give; whoever turns us away for another reason gives one later.
      if (error instanceof ApiProblem && error.status === 404) return [];
      throw error;
    }
  }

  /** Entries from `start` to before `end`, in pieces, each after its position; some are fetched ahead. */
  private async *read(start: number, end: number): AsyncGenerator<readonly [number, readonly Bytes[]]> {
    const pieces: (readonly [number, number])[] = [];
    for (let at = start; at < end; ) {
      const next = Math.min((Math.floor(at / WIDTH) + 1) * WIDTH, end);
      pieces.push([at, next]);
      at = next;
    }
    const under: Promise<readonly Bytes[]>[] = [];
    let since = Date.now();
    for (const [number, [from]] of pieces.entries()) {
      while (under.length < AHEAD && number + under.length < pieces.length) {
        const piece = this.piece(...(pieces[number + under.length] as readonly [number, number]));
        piece.catch(() => undefined); // told when it is its turn
        under.push(piece);
      }
      yield [from, await (under.shift() as Promise<readonly Bytes[]>)];
      if (Date.now() - since > BUSY) {
        await new Promise((resolve) => setTimeout(resolve));
        since = Date.now();
      }
    }
  }

  private async piece(start: number, end: number): Promise<readonly Bytes[]> {
    if (end % WIDTH === 0) {
      const bundle = await this.bundle(end / WIDTH - 1);
      if (bundle !== null) return bundle.slice(start % WIDTH);
    }
    const found: Bytes[] = [];
    while (found.length < end - start) {
      const limit = Math.min(PAGE, end - start - found.length);
      const page = (await this.api.get(`/log/entries?start=${start + found.length}&limit=${limit}`))["entries"] as readonly string[];
      if (page.length === 0) throw new AnswerMalformed("log/entries");
      found.push(...page.slice(0, limit).map((raw) => b64decode(raw)));
    }
    return found;
  }

  /** A whole bundle; null if it is not to be had, or is none. The root says whether it is right. */
  private async bundle(number: number): Promise<Bytes[] | null> {
    const data = await this.api.file(PREFIX + tilePath(null, number));
    try {
      return data === null ? null : readBundle(data, WIDTH);
    } catch (error) {
      if (error instanceof MerkleError) return null;
      throw error;
    }
  }
}

/**
 * An old statement that is logged once more does not become the newest: its time is what its signer says. Of none from
 * times to come: who wrote it into the log once would keep the agency's true key out for ever.
 */
function noteKey(envelopes: Map<string, Setting>, entry: Entry): void {
  if (entry.act !== SETTING || entry.statementFile === null) return;
  try {
    const { statement, digest } = readSigned(entry.statementFile, "envelope-key");
    const [party, signed] = [String(statement["party"]), parseTime(String(statement["at"]))];
    const at = Number(signed);
    if (signed > later(entry.at, SKEW)) return;
    if ((envelopes.get(party)?.at ?? -1) < at) envelopes.set(party, { at, digest });
  } catch (error) {
    if (!(error instanceof BidError)) throw error;
  }
}

/** Whether the entry has these letters at all: canonical JSON has no other spelling of an id. */
function mentions(raw: Bytes, id: string): boolean {
  return latin.decode(raw).includes(id);
}

const latin = new TextDecoder("latin1");
