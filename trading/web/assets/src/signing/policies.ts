// Trust policies of transparency logs: c2sp.org/tlog-policy. Names are octets, one a character.
import { CosignatureVerifier } from "./cosignatures";
import { b64decode, hex, type Bytes } from "./encoding";
import { NoteError, PolicyError } from "./errors";
import { NoteVerifier } from "./notes";

const MAX_BYTES = 256 * 1024;
const FORBIDDEN = /[^\t\n\x20-\x7e\x80-\uffff]/;
const THRESHOLD = /^[1-9][0-9]{0,5}$/;
const NOBODY = "none";
const KINDS = ["log", "witness", "group", "quorum"];

export interface KnownWitness {
  readonly name: string;
  /** The name for people. */
  readonly label: string;
  readonly verifier: CosignatureVerifier;
}

interface Group {
  readonly threshold: number;
  readonly members: readonly string[];
}

/** A policy as `parsePolicy` read it; `quorum` is null where no cosignature is asked for. */
export class LogPolicy {
  constructor(
    readonly logs: readonly NoteVerifier[],
    readonly witnesses: readonly KnownWitness[],
    private readonly groups: ReadonlyMap<string, Group>,
    readonly quorum: string | null,
  ) {}

  /** The witnesses that cosigned the checkpoint, by name, and when (seconds since 1970); NoteError. */
  async cosigned(note: Bytes): Promise<ReadonlyMap<string, bigint>> {
    const found = new Map<string, bigint>();
    for (const { name, verifier } of this.witnesses) {
      const at = await verifier.verify(note);
      if (at !== null) found.set(name, at);
    }
    return found;
  }

  /** The quorum's name for people; null where no cosignature is asked for. */
  get wanted(): string | null {
    return this.quorum === null ? null : words(this.quorum);
  }

  /** Whether these witnesses are enough. */
  satisfied(names: ReadonlySet<string>): boolean {
    return this.quorum === null || this.reached(this.quorum, names);
  }

  private reached(name: string, names: ReadonlySet<string>): boolean {
    const group = this.groups.get(name);
    if (group === undefined) return names.has(name);
    return group.members.filter((member) => this.reached(member, names)).length >= group.threshold;
  }
}

/** What is wrong with a line. */
class Fault extends Error {
  constructor(readonly code: string) {
    super(code);
  }
}

/** A policy from its file; PolicyError, naming the line. */
export async function parsePolicy(data: Bytes): Promise<LogPolicy> {
  if (data.length > MAX_BYTES) throw new PolicyError(0, "too-large");
  const reading = new Reading();
  let number = 0;
  for (const line of octets(data).split("\n")) {
    number += 1;
    if (FORBIDDEN.test(line)) throw new PolicyError(number, "control");
    const items = line.split(/[ \t]+/).filter((item) => item !== "");
    const [kind, ...rest] = items;
    if (kind === undefined || kind.startsWith("#")) continue;
    try {
      await reading.take(kind, rest);
    } catch (error) {
      if (error instanceof Fault) throw new PolicyError(number, error.code);
      if (error instanceof NoteError) throw new PolicyError(number, "vkey");
      throw error;
    }
  }
  return reading.done();
}

class Reading {
  private readonly logs: NoteVerifier[] = [];
  private readonly witnesses: KnownWitness[] = [];
  private readonly groups = new Map<string, Group>();
  private readonly names = new Set<string>();
  private readonly members = new Set<string>();
  private readonly keys = new Set<string>();
  private readonly quorums: string[] = [];

  done(): LogPolicy {
    const [quorum] = this.quorums;
    if (quorum === undefined || this.quorums.length !== 1) throw new PolicyError(0, "quorum-count");
    return new LogPolicy(this.logs, this.witnesses, this.groups, quorum === NOBODY ? null : quorum);
  }

  async take(kind: string, items: readonly string[]): Promise<void> {
    if (!KINDS.includes(kind)) throw new Fault("unknown");
    if (kind === "log") await this.log(items);
    else if (kind === "witness") await this.witness(items);
    else if (kind === "group") this.group(items);
    else this.quorum(items);
  }

  private async log(items: readonly string[]): Promise<void> {
    const key = oneOrTwo(items, "log-form");
    const verifier = await NoteVerifier.fromVkey(words(key));
    this.newKey(key);
    this.logs.push(verifier);
  }

  private async witness(items: readonly string[]): Promise<void> {
    const [name = "", ...rest] = items;
    const key = oneOrTwo(rest, "witness-form");
    const verifier = await CosignatureVerifier.fromVkey(words(key));
    this.newKey(key);
    this.newName(name);
    this.witnesses.push({ name, label: words(name), verifier });
  }

  private group(items: readonly string[]): void {
    const [name = "", count = "", ...members] = items;
    if (items.length < 3) throw new Fault("group-form");
    for (const member of members) {
      if (!this.names.has(member)) throw new Fault("undefined");
      if (this.members.has(member)) throw new Fault("member-twice");
      this.members.add(member);
    }
    const known: Readonly<Record<string, number>> = { all: members.length, any: 1 };
    const threshold = known[count] ?? (THRESHOLD.test(count) ? Number(count) : 0);
    if (threshold < 1 || threshold > members.length) throw new Fault("threshold");
    this.newName(name);
    this.groups.set(name, { threshold, members });
  }

  private quorum(items: readonly string[]): void {
    const [name = ""] = items;
    if (items.length !== 1) throw new Fault("quorum-form");
    if (name !== NOBODY && !this.names.has(name)) throw new Fault("undefined");
    this.quorums.push(name);
  }

  private newName(name: string): void {
    if (name === NOBODY || this.names.has(name)) throw new Fault("name-taken");
    this.names.add(name);
  }

  private newKey(vkey: string): void {
    // Without the octet of its kind: a log that witnesses itself is no witness.
    const key = hex(b64decode(vkey.split("+").slice(2).join("+")).subarray(1));
    if (this.keys.has(key)) throw new Fault("key-twice");
    this.keys.add(key);
  }
}

function oneOrTwo(items: readonly string[], code: string): string {
  const [first] = items;
  if (first === undefined || items.length > 2) throw new Fault(code);
  return first;
}

function octets(data: Bytes): string {
  let text = "";
  for (const byte of data) text += String.fromCharCode(byte);
  return text;
}

function words(text: string): string {
  const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}
