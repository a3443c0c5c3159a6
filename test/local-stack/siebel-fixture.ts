import { type Identity, startIdentity } from '../../local-stack/identity/identity.ts';
import { type SiebelOptions, type SiebelStandIn, startSiebel } from '../../local-stack/siebel/siebel.ts';
import { createAuthority, type ServerIdentity } from '../../local-stack/tls.ts';
import { basic, type CallOptions, form, type HttpsClient, httpsClient, query, type Reply } from './https-client.ts';

/** Siebel beside an identity domain, and a caller that has a token. */
export interface SiebelFixture {
  readonly identity: Identity;
  readonly siebel: SiebelStandIn;
  readonly client: HttpsClient;
  /** A new access token for the caller. */
  token(): Promise<string>;
  /** GET below `/data`, seeing all rows unless the query says otherwise. */
  get(path: string, members?: Readonly<Record<string, string | number>>): Promise<Reply>;
  /** Any call below the base URL, with the token. */
  send(method: string, path: string, body?: unknown, options?: CallOptions): Promise<Reply>;
  control(method: string, path: string, body?: unknown): Promise<Reply>;
  close(): Promise<void>;
}

/** What may be shared by many stand-ins in a row: making keys takes longer than all the rest. */
export interface Domain {
  readonly caPem: string;
  readonly tls: ServerIdentity;
  readonly identity: Identity;
}

export async function startDomain(): Promise<Domain> {
  const authority = await createAuthority();
  const tls = await authority.issue();
  return { caPem: authority.caPem, tls, identity: await startIdentity({ tls }) };
}

export async function startSiebelFixture(
  { caPem, tls, identity }: Domain,
  options: Partial<SiebelOptions> = {},
): Promise<SiebelFixture> {
  const siebel = await startSiebel({
    tls,
    introspectionUrl: identity.introspectionUrl,
    introspectionClient: identity.siebelClient,
    ca: caPem,
    identity,
    records: 300,
    ...options,
  });
  identity.setSiebelBaseUrl(siebel.baseUrl);
  const client = httpsClient(caPem);
  const token = async (): Promise<string> => {
    const body = form({ grant_type: 'client_credentials', scope: identity.scope });
    const reply = await client.call(identity.tokenUrl, { method: 'POST', headers: basic(identity.callerClient), body });
    return reply.json().access_token;
  };
  const Authorization = `Bearer ${await token()}`;

  const send: SiebelFixture['send'] = (method, path, body, call = {}) =>
    client.call(`${siebel.baseUrl}${path}`, {
      method,
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      ...call,
      headers: { Authorization, 'Content-Type': 'application/json', ...call.headers },
    });

  return {
    identity,
    siebel,
    client,
    token,
    send,
    get: (path, members = {}) => send('GET', `/data/${path}${query({ ViewMode: 'All', ...members })}`),
    control: (method, path, body) =>
      client.call(`${siebel.controlUrl}${path}`, { method, ...(body !== undefined && { body: JSON.stringify(body) }) }),
    async close() {
      client.close();
      await siebel.close();
    },
  };
}

/** Looks again at each turn of the event loop; the test's own time limit ends a wait in vain. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}
