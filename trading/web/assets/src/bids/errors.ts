// What bids/ refuses, and why: the codes of bids/errors.py, with the values that their sentences need.

/** Root of all refusals: a stable `code` and what its sentence is filled in with; secrets are never among it. */
export class BidError extends Error {
  readonly params: Readonly<Record<string, string>>;

  constructor(readonly code: string, params: Readonly<Record<string, string | number>> = {}) {
    super(`${code} ${JSON.stringify(params)}`);
    this.name = "BidError";
    this.params = Object.fromEntries(
      Object.entries(params).map(([name, value]) => [name, [...String(value)].slice(0, 300).join("")]),
    );
  }
}
