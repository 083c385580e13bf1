// Which certificates a set of revocation lists names, and since when (RFC 5280).
import { issuedBy, named } from "./chains";
import { hex } from "./encoding";
import { CertificateError } from "./errors";
import type { Crl, X509 } from "./x509";

interface Known {
  readonly times: ReadonlyMap<string, bigint>;
  readonly last: bigint | null;
}

/**
 * What lists say of certificates, by issuer: a serial's earliest time on any list that the issuer signed.
 *
 * Unlike a chain's check it asks for no list that is current: it tells what is known.
 */
export class Revocations {
  private readonly of = new Map<string, Promise<Known>>();

  constructor(private readonly crls: readonly Crl[]) {}

  /** When `certificate` was revoked (microseconds since 1970), as far as its issuer's lists say; else null. */
  async timeOf(certificate: X509, issuer: X509): Promise<bigint | null> {
    return (await this.known(issuer)).times.get(hex(certificate.serial)) ?? null;
  }

  /** CertificateError "revoked" if it was revoked by `at`. */
  async check(certificate: X509, issuer: X509, at: bigint): Promise<void> {
    const revoked = await this.timeOf(certificate, issuer);
    if (revoked !== null && revoked <= at) throw new CertificateError("The certificate was revoked.", "revoked");
  }

  /** Whether one of the issuer's lists is current at `at` or was made later. */
  async reach(issuer: X509, at: bigint): Promise<boolean> {
    const { last } = await this.known(issuer);
    return last !== null && at <= last;
  }

  private known(issuer: X509): Promise<Known> {
    let known = this.of.get(issuer.fingerprint);
    if (known === undefined) {
      known = this.read(issuer);
      this.of.set(issuer.fingerprint, known);
    }
    return known;
  }

  private async read(issuer: X509): Promise<Known> {
    const times = new Map<string, bigint>();
    let last: bigint | null = null;
    for (const crl of this.crls) {
      if (!named(crl, issuer) || !(await issuedBy(crl, issuer))) continue;
      for (const { serial, at } of crl.revoked) {
        const earliest = times.get(serial);
        if (earliest === undefined || at < earliest) times.set(serial, at);
      }
      if (crl.nextUpdate !== null && (last === null || crl.nextUpdate > last)) last = crl.nextUpdate;
    }
    return { times, last };
  }
}
