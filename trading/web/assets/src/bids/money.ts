// Money and quantities: exact decimals over BigInt, never a Number.
//
// On the wire both are decimal strings `(0|[1-9]\d*)(\.\d+)?`; an amount has exactly as many fraction digits as
// its currency.
import { BidError, startOf } from "./errors";

/** `units` × 10^-`scale`. */
export interface Decimal {
  readonly units: bigint;
  readonly scale: number;
}

export const MAX_INTEGER_DIGITS = 15; // of a price or a quantity: more is absurd, and a slip of the keyboard
export const MAX_FRACTION_DIGITS = 8;
export const MAX_AMOUNT_DIGITS = 36; // of an amount: a product of two, summed over a bill of quantities

// ISO 4217, currencies in use; those with other than two minor digits apart.
const TWO = new Set(
  `AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY
   COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF
   IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR
   MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG
   SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES
   WST XCD YER ZAR ZMW ZWG`.split(/\s+/),
);
const NONE = new Set("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split(" "));
const THREE = new Set("BHD IQD JOD KWD LYD OMR TND".split(" "));

const DECIMAL = /^(0|[1-9][0-9]*)(?:\.([0-9]+))?$/;
const NEGATIVE = /^-\s*[0-9]*\.?[0-9]+$/;

/** How many minor digits a currency (ISO 4217 code) has; BidError "currency-unknown". */
export function minorDigits(currency: string): number {
  if (TWO.has(currency)) return 2;
  if (NONE.has(currency)) return 0;
  if (THREE.has(currency)) return 3;
  throw new BidError("currency-unknown", { currency });
}

/** The code of what is wrong with a decimal string, or null if nothing is. */
export function decimalProblem(
  text: string, integerDigits = MAX_INTEGER_DIGITS, fractionDigits = MAX_FRACTION_DIGITS,
): string | null {
  const found = DECIMAL.exec(text);
  if (!found) return NEGATIVE.test(text) ? "number-negative" : "number-form";
  const [, whole = "", fraction = ""] = found;
  return whole.length > integerDigits || fraction.length > fractionDigits ? "number-absurd" : null;
}

/** The exact value of a price or quantity; BidError "number-form", "number-negative" or "number-absurd". */
export function parseDecimal(text: string): Decimal {
  const problem = decimalProblem(text);
  if (problem) throw new BidError(problem, { path: "value", value: startOf(text) });
  return decimal(text);
}

/** The exact value of an amount with exactly `digits` minor digits; BidError "amount-digits" too. */
export function parseAmount(text: string, digits: number, path = "value"): Decimal {
  const problem = decimalProblem(text, MAX_AMOUNT_DIGITS);
  if (problem) throw new BidError(problem, { path, value: startOf(text) });
  if (fractionOf(text).length !== digits) {
    throw new BidError("amount-digits", { path, value: startOf(text), digits });
  }
  return decimal(text);
}

/** unit price × quantity, rounded half up to `digits` minor digits. */
export function lineAmount(unitPrice: Decimal, quantity: Decimal, digits: number): Decimal {
  const product = { units: unitPrice.units * quantity.units, scale: unitPrice.scale + quantity.scale };
  if (product.scale <= digits) return rescale(product, digits);
  const divisor = 10n ** BigInt(product.scale - digits);
  return { units: (product.units + divisor / 2n) / divisor, scale: digits };
}

/** The exact sum of two amounts. */
export function add(left: Decimal, right: Decimal): Decimal {
  const scale = Math.max(left.scale, right.scale);
  return { units: rescale(left, scale).units + rescale(right, scale).units, scale };
}

export function zero(digits: number): Decimal {
  return { units: 0n, scale: digits };
}

/** Less than, equal to or greater than zero as `left` is to `right`. */
export function compare(left: Decimal, right: Decimal): number {
  const scale = Math.max(left.scale, right.scale);
  const difference = rescale(left, scale).units - rescale(right, scale).units;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** The decimal string of an amount; it must need no more than `digits` minor digits. */
export function formatAmount(amount: Decimal, digits: number): string {
  const units = String(rescale(amount, digits).units).padStart(digits + 1, "0");
  return digits === 0 ? units : `${units.slice(0, -digits)}.${units.slice(-digits)}`;
}

function decimal(text: string): Decimal {
  return { units: BigInt(text.replace(".", "")), scale: fractionOf(text).length };
}

function fractionOf(text: string): string {
  return text.split(".")[1] ?? "";
}

function rescale(value: Decimal, scale: number): Decimal {
  if (scale >= value.scale) return { units: value.units * 10n ** BigInt(scale - value.scale), scale };
  const divisor = 10n ** BigInt(value.scale - scale);
  if (value.units % divisor !== 0n) throw new RangeError("an amount with more digits than its currency has");
  return { units: value.units / divisor, scale };
}
