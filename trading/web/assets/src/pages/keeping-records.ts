// All that this browser keeps for a custodian, as records that a backup holds, and back.
import type { JSONObject, JSONValue } from "../signing/canonical";
import { b64decode, b64encode, type Bytes } from "../signing/encoding";
import type { Recipient } from "./backup";
import { keepCustody, keptCustody, keptOf, putIn, type KeptCustody } from "./keeping";

/** To whom backups are sealed, and the tenders whose keys the newest one has. */
export interface KeptRecipient extends Recipient {
  readonly saved?: { readonly at: string; readonly tenders: readonly string[] };
}

const nameOf = (organisation: string): string => `backup ${organisation}`;

export async function keptRecipient(organisation: string): Promise<KeptRecipient | null> {
  return ((await keptOf("custody")).get(nameOf(organisation)) as KeptRecipient | undefined) ?? null;
}

export async function keepRecipient(organisation: string, recipient: KeptRecipient): Promise<void> {
  await putIn("custody", nameOf(organisation), recipient);
}

/** The tenders whose keys this browser holds for the organisation. */
export async function tendersHeld(organisation: string): Promise<string[]> {
  const held: string[] = [];
  for (const [name, value] of await keptOf("custody")) {
    if (name.startsWith(`${organisation}/`) && (value as KeptCustody).seed !== undefined) held.push(name.slice(organisation.length + 1));
  }
  return held.sort();
}

/** Everything kept of the organisation's tenders, of the log, and of what is trusted. */
export async function recordsOf(organisation: string): Promise<JSONObject[]> {
  const records: JSONObject[] = [];
  for (const store of ["custody", "log"] as const) {
    for (const [name, value] of await keptOf(store)) {
      if (store === "custody" && !name.startsWith(`${organisation}/`)) continue;
      records.push({ store, name, value: packed(value) });
    }
  }
  return records;
}

/**
 * Put back what a backup holds. What this browser keeps of a tender stands, and a key that was erased here stays erased, its shares too;
 * what it has seen of the log stands as well if it held any tender's key before.
 */
export async function restoreRecords(organisation: string, records: readonly JSONObject[]): Promise<void> {
  const log = (await tendersHeld(organisation)).length > 0 ? await keptOf("log") : new Map<string, unknown>();
  for (const { store, name, value } of records) {
    const of = String(name);
    if (store === "custody" && of.startsWith(`${organisation}/`)) {
      const here = await keptCustody(of);
      const there = unpacked(value ?? null) as KeptCustody;
      const { seed: _, releases: __, ...rest } = there;
      await keepCustody(of, { ...(here.erasure === undefined ? there : rest), ...here });
    } else if (store === "log" && !log.has(of)) {
      await putIn("log", of, unpacked(value ?? null));
    }
  }
}

const BYTES = "base64"; // the one member of an object that stands for bytes

function packed(value: unknown): JSONValue {
  if (value instanceof Uint8Array) return { [BYTES]: b64encode(value) };
  if (Array.isArray(value)) return value.map(packed);
  if (typeof value !== "object" || value === null) return (value ?? null) as JSONValue;
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined).map(([name, one]) => [name, packed(one)]));
}

function unpacked(value: JSONValue): unknown {
  if (Array.isArray(value)) return value.map(unpacked);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value);
  const [only] = members;
  if (only !== undefined && members.length === 1 && only[0] === BYTES) return b64decode(String(only[1])) as Bytes;
  return Object.fromEntries(members.map(([name, one]) => [name, unpacked(one)]));
}
