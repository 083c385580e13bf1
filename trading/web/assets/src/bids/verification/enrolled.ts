// That the enrolments of all who signed stand in the public log, where their owners find them.
import { b64decode } from "../../signing/encoding";
import * as merkle from "../../signing/merkle";
import { later } from "../../signing/python";
import { dayEnd, readOpening, type Listed } from "../enrolment_days";
import { parseEntry, type Entry } from "../entries";
import { BidError, refusing } from "../errors";
import { readObject } from "../objects";
import { ENROLMENTS, LOG_ENROLMENTS, type Package } from "../package";
import type { Trust } from "../trust";
import type { Book } from "./findings";
import type { Log } from "./log";

// So long after an enrolment a day's root that has it is in the log: a day, the night, and a day to spare.
const LATEST = 2n * 24n * 3600n * 1_000_000n; // microseconds

interface Logged {
  readonly entry: string;
  readonly index: number;
  readonly hashes: readonly string[];
}

interface Day extends Logged {
  readonly openings: readonly { readonly party: string; readonly leaf: string; readonly hashes: readonly string[] }[];
}

/**
 * 1. Each enrolment of an agency or custodian has its own entry in the log. 2. Each supplier's is listed in the
 * supplier's own place under a day's root in the log, unless it is younger than such a root can be. 3. That root is
 * the newest there can be, within the same two days. All by proofs against the package's checkpoint.
 */
export async function checkEnrolled(files: Package, book: Book, trust: Trust, log: Log): Promise<void> {
  const found: (Day | undefined)[] = [];
  await book.step("verify-enrolments-logged", [LOG_ENROLMENTS], {}, async (step) => {
    const members = readObject(await files.read(LOG_ENROLMENTS), "logged-enrolments") as never as {
      readonly issued: readonly Logged[];
      readonly day?: Day;
    };
    const entries = members.issued.map((one) => logged(one, log));
    const stated = new Set(entries.filter(({ act }) => act === "certificate.issued").map(({ digests }) => (
      `${digests["certificate"]} ${digests["enrolment"]}`
    )));
    found.push(members.day);
    const others = Array.from(trust.enrolments.values()).filter(({ role }) => role !== "supplier");
    step.params["count"] = String(others.length);
    for (const { certificate, digest } of others) {
      if (!stated.has(`${certificate} ${digest}`)) {
        step.fail(new BidError("enrolment-unlogged", { certificate, file: ENROLMENTS }));
      }
    }
  });
  for (const day of found) await checkSuppliers(book, trust, log, day);
}

async function checkSuppliers(book: Book, trust: Trust, log: Log, day: Day | undefined): Promise<void> {
  const suppliers = Array.from(trust.enrolments.values()).filter(({ role }) => role === "supplier");
  let young = 0;
  await book.step("verify-enrolments-day", [LOG_ENROLMENTS], {}, (step) => {
    const listed = day === undefined ? new Map<string, Listed>() : openings(day, log);
    const since = later((log.entries.at(-1) as Entry).at, -LATEST);
    for (const { at, certificate, file, party } of suppliers) {
      const place = listed.get(party);
      if (place?.enrolments.includes(file) === true && dayEnd(place.day) >= since) continue;
      if (at < since) step.fail(new BidError("enrolment-unlisted", { certificate, file: ENROLMENTS }));
      else young += 1;
    }
    step.params["count"] = String(suppliers.length - young);
  });
  if (young > 0) await book.note("verify-enrolments-new", [ENROLMENTS], { count: young });
}

function openings(day: Day, log: Log): ReadonlyMap<string, Listed> {
  const entry = logged(day, log);
  const found = new Map<string, Listed>();
  for (const { party, leaf, hashes } of day.openings) {
    found.set(party, readOpening(entry, b64decode(leaf), hashes.map((one) => b64decode(one)), party));
  }
  return found;
}

/** An entry that stands in the log, by a proof against the package's checkpoint. */
function logged({ entry, index, hashes }: Logged, log: Log): Entry {
  const raw = b64decode(entry);
  refusing(LOG_ENROLMENTS, () => {
    const { root, size } = log.checkpoint;
    merkle.verifyInclusion(BigInt(index), size, merkle.leafHash(raw), hashes.map((one) => b64decode(one)), root);
  });
  return parseEntry(raw);
}
