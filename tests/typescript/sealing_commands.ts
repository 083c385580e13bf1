// Commands about sealing and signing.
import { lineAmount, formatAmount, minorDigits, parseAmount, parseDecimal } from "../../trading/web/assets/src/bids/money";
import * as canonical from "../../trading/web/assets/src/signing/canonical";
import * as encoding from "../../trading/web/assets/src/signing/encoding";
import type { Commands } from "./commands";

const { hex, unhex } = encoding;

export const commands: Commands = {
  "canonical.read": async ({ bytes }) => {
    const data = unhex(bytes);
    const value = canonical.loads(data);
    return { written: hex(canonical.dumps(value)), sha256: await encoding.digest(data) };
  },
  "canonical.write": ({ value }) => hex(canonical.dumps(value)),
  "base64.read": ({ text }) => hex(encoding.b64decode(text)),
  "base64.write": ({ bytes }) => encoding.b64encode(unhex(bytes)),
  "time.read": ({ text }) => String(encoding.parseTime(text)),
  "money.amount": ({ unit_price, quantity, digits }) =>
    formatAmount(lineAmount(parseDecimal(unit_price), parseDecimal(quantity), digits), digits),
  "money.read": ({ text, digits }) => formatAmount(parseAmount(text, digits), digits),
  "money.digits": ({ currency }) => minorDigits(currency),
};
