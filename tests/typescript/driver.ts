// Answers the tests' questions: a line of JSON in, {"command": name, …}, a line out, {"result"} or {"error"}.
import { createInterface } from "node:readline";
import type { Commands } from "./commands";
import { commands as log } from "./log_commands";
import { commands as sealing } from "./sealing_commands";
import { commands as verification } from "./verification_commands";

const all: Commands = { ...log, ...sealing, ...verification };

function told(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { kind: "unknown", message: String(error) };
  const { reason, code, params } = error as { reason?: unknown; code?: unknown; params?: unknown };
  return { kind: error.name, message: error.message, reason, code, params, stack: error.stack };
}

async function answer(line: string): Promise<unknown> {
  try {
    const request = JSON.parse(line);
    const command = all[request.command];
    if (!command) throw new Error(`there is no command ${request.command}`);
    return { result: (await command(request)) ?? null };
  } catch (error) {
    return { error: told(error) };
  }
}

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  process.stdout.write(`${JSON.stringify(await answer(line))}\n`);
}
