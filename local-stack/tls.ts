import { generate } from 'selfsigned';

/** A private key and its certificate, both PEM: what `https.createServer` takes. */
export interface ServerIdentity {
  readonly key: string;
  readonly cert: string;
}

/** The certificate authority of one local stack. Clients trust `caPem` and nothing else. */
export interface Authority {
  readonly caPem: string;
  /** A certificate for servers on this host (an IPv4 address; `localhost` is always named in it too). */
  issue(host?: string): Promise<ServerIdentity>;
}

const VALID_FOR_MS = 30 * 24 * 3_600_000;
const BACKDATED_MS = 3_600_000;

/** Makes a new certificate authority, which lives only in memory: elliptic keys, because they are made in a moment. */
export async function createAuthority(): Promise<Authority> {
  const authority = await generate([{ name: 'commonName', value: 'Local stack authority' }], {
    ...validity(),
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  return {
    caPem: authority.cert,
    async issue(host = '127.0.0.1') {
      const issued = await generate([{ name: 'commonName', value: host }], {
        ...validity(),
        keyType: 'ec',
        algorithm: 'sha256',
        ca: { key: authority.private, cert: authority.cert },
        extensions: [
          { name: 'basicConstraints', cA: false, critical: true },
          { name: 'keyUsage', digitalSignature: true, critical: true },
          { name: 'extKeyUsage', serverAuth: true },
          {
            name: 'subjectAltName',
            altNames: [
              { type: 7, ip: host },
              { type: 2, value: 'localhost' },
            ],
          },
        ],
      });
      return { key: issued.private, cert: issued.cert };
    },
  };
}

function validity() {
  const now = Date.now();
  return { notBeforeDate: new Date(now - BACKDATED_MS), notAfterDate: new Date(now + VALID_FOR_MS) };
}
