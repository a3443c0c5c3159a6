import { basic, form, type Reply } from './https-client.ts';
import type { SiebelFixture } from './siebel-fixture.ts';

/** A caller whose token is for every kind of resource. */
export interface SiebelCaller {
  call(
    method: string,
    path: string,
    body?: unknown,
    options?: { headers?: Readonly<Record<string, string>>; contentType?: string },
  ): Promise<Reply>;
  post(path: string, body?: unknown): Promise<Reply>;
  get(path: string): Promise<Reply>;
}

/** Paths are given as people write them: blanks, slashes between segments, a query. */
export async function siebelCaller({ identity, client, siebel }: SiebelFixture): Promise<SiebelCaller> {
  const scope = ['data', 'service', 'workflow'].map((root) => identity.scope.replace(/data$/, root)).join(' ');
  const body = form({ grant_type: 'client_credentials', scope });
  const reply = await client.call(identity.tokenUrl, { method: 'POST', headers: basic(identity.callerClient), body });
  const Authorization = `Bearer ${reply.json().access_token}`;

  const call: SiebelCaller['call'] = (method, path, sent, { headers, contentType = 'application/json' } = {}) =>
    client.call(`${siebel.baseUrl}${encodeURI(path)}`, {
      method,
      headers: { Authorization, 'Content-Type': contentType, ...headers },
      ...(sent !== undefined && { body: typeof sent === 'string' ? sent : JSON.stringify(sent) }),
    });
  return { call, post: (path, sent) => call('POST', path, sent), get: (path) => call('GET', path) };
}
