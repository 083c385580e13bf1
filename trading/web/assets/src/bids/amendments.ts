// What an amendment may change: one rule for the platform, bidders' clients, custodians and verifiers.
import { parseTime } from "../signing/encoding";
import { BidError, about } from "./errors";
import { compare } from "./money";
import { quantityOf, type Item, type Notice } from "./notice";
import { NOTICE, noticeNames } from "./package";

/** Check that `later` may take the place of `earlier`; BidError "amendment-…". */
export function checkAmendment(later: Notice, earlier: Notice): void {
  if (later.replaces !== earlier.digest) throw new BidError("amendment-not-successor");
  if (later.tender !== earlier.tender || later.buyer.id !== earlier.buyer.id) throw new BidError("amendment-not-successor");
  const at = parseTime(later.at);
  if (at <= parseTime(earlier.at)) throw new BidError("amendment-before-notice");
  if (at >= parseTime(earlier.deadline)) throw new BidError("amendment-late");
  if (later.policy.digest === earlier.policy.digest) {
    // Under an unchanged policy bids stay valid, so what they are for stays the same.
    const unchanged: ReadonlyArray<readonly [string, boolean]> = [
      ["items", sameItems(later.items, earlier.items)],
      ["currency", later.currency === earlier.currency],
      ["sandbox", later.sandbox === earlier.sandbox],
    ];
    for (const [member, same] of unchanged) if (!same) throw new BidError("amendment-same-policy", { member });
  }
}

function sameItems(later: readonly Item[], earlier: readonly Item[]): boolean {
  return (
    later.length === earlier.length &&
    later.every((item, at) => {
      const other = earlier[at] as Item;
      const texts = (["number", "code", "description", "unit"] as const).every((name) => item[name] === other[name]);
      return texts && compare(quantityOf(item), quantityOf(other)) === 0;
    })
  );
}

/** Check all notices of a tender, the one in force first; BidError, whose `file` names the notice. */
export async function checkChain(chain: readonly Notice[]): Promise<void> {
  for (const [at, earlier] of chain.slice(1).entries()) {
    await about(noticeNames(earlier.digest)[0], () => checkAmendment(chain[at] as Notice, earlier));
  }
  const policies = chain.map((one) => one.policy.digest).filter((policy, at, all) => policy !== all[at - 1]);
  if (new Set(policies).size !== policies.length) throw new BidError("amendment-old-policy", { file: NOTICE });
}
