// Commands about what a custodian's browser keeps: its backup, and the log before one that the test makes, step by step.
import { ApiProblem, type Api } from "../../trading/web/assets/src/api";
import { b64decode, b64encode, type Bytes } from "../../trading/web/assets/src/signing/encoding";
import { BidError } from "../../trading/web/assets/src/bids/errors";
import { NoteVerifier } from "../../trading/web/assets/src/signing/notes";
import { parsePolicy } from "../../trading/web/assets/src/signing/policies";
import { LogFollower, splitFile, type LogMemory } from "../../trading/web/assets/src/pages/log-follower";
import { newRecipient, openBackup, readBackup, sealTo, writeBackup } from "../../trading/web/assets/src/pages/backup";
import { checkIssued } from "../../trading/web/assets/src/pages/log-issued";
import { Uncosigned, waitCosigned } from "../../trading/web/assets/src/pages/log-witnesses";
import type { Commands, Request } from "./commands";

/** The platform's answers in one step, and what was asked. */
function api(served: Request, asked: string[]): Api {
  const get = async (path: string): Promise<Record<string, unknown>> => {
    asked.push(path);
    const url = new URL(path, "http://log.example");
    const number = (name: string): number => Number(url.searchParams.get(name));
    if (url.pathname === "/log/entries") return { entries: served.entries.slice(number("start"), number("start") + number("limit")) };
    if (url.pathname === "/log/cosigned") return { checkpoints: served.cosigned ?? [] };
    if (served.status !== undefined) throw new ApiProblem(served.status, {});
    return { hashes: served.proofs[`${number("old")}-${number("new")}`] ?? [] };
  };
  const file = async (path: string): Promise<Bytes | null> => {
    asked.push(path);
    return path in (served.files ?? {}) ? b64decode(served.files[path]) : null;
  };
  const bytes = async (path: string): Promise<Bytes> => {
    if (!path.startsWith("/log/proof/statement")) return b64decode(served.note);
    asked.push(path);
    if (served.proof === undefined) throw new ApiProblem(404, {});
    return b64decode(served.proof);
  };
  return { get, file, bytes } as never;
}

async function told(act: () => Promise<unknown>): Promise<unknown> {
  try {
    return (await act()) ?? null;
  } catch (error) {
    if (error instanceof BidError) return { refused: error.code };
    if (error instanceof ApiProblem) return { status: error.status };
    if (error instanceof Uncosigned) return { refused: "cosignatures-missing" };
    throw error;
  }
}

export const commands: Commands = {
  "backup.write": async ({ passphrase, again, records, sealed }) => {
    const recipient = await newRecipient(passphrase, again);
    const key = sealed && { certificate: b64decode("AQ=="), chain: [], sealed: await sealTo(recipient, b64decode(sealed)) };
    return b64encode(await writeBackup("party/person/custodian", recipient, key ?? null, records));
  },
  "backup.open": async ({ file, passphrase }) => {
    const { signing, records } = await openBackup(readBackup(b64decode(file)), passphrase);
    return { signing: signing && b64encode(signing), records };
  },
  "log.steps": async ({ vkey, kept, steps }) => {
    const memory = new Map<string, unknown>(Object.entries(kept ?? {}).map(([name, data]) => {
      const note = b64decode(data as string);
      return [name, name.startsWith("seen ") ? note : { note }];
    }));
    const store: LogMemory = { read: async (name) => memory.get(name), write: async (name, value) => void memory.set(name, value) };
    const log = await NoteVerifier.fromVkey(vkey);
    const results = [];
    for (const { act, tender, given, position, policy, ...served } of steps as Request[]) {
      const asked: string[] = [];
      const calls = api(served, asked);
      const follower = new LogFollower(calls, log, store);
      const result = await told(async () => {
        if (act === "follow") return Number((await follower.follow(given && b64decode(given))).size);
        if (act === "tabs") {
          const other = new LogFollower(calls, log, store);
          await Promise.all([other.follow(), follower.follow(b64decode(given))]);
          return null;
        }
        if (act === "issued") return checkIssued(calls, follower, served.enrolments);
        if (act === "begin") return follower.begin(tender);
        if (act === "envelope") return follower.envelopeKey(tender);
        if (act === "cosigned") return waitCosigned(calls, follower, await parsePolicy(b64decode(policy)), position, 0);
        return (await follower.entries(tender)).map(([at, raw]) => [at, b64encode(raw)]);
      });
      results.push({ result, asked, splits: (await follower.splits()).map((one) => b64encode(splitFile(one))) });
    }
    return results;
  },
};
