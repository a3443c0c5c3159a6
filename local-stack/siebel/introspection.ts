import { createHash } from 'node:crypto';
import { Agent, request } from 'node:https';

/** What the identity domain says about a token, as far as Siebel looks. */
export interface Introspected {
  readonly active: boolean;
  readonly scopes: readonly string[];
  /** Member of the answer by name: the subject field is a setting. */
  readonly claims: Readonly<Record<string, unknown>>;
}

export interface Introspector {
  /**
   * Inactive also when the identity domain refuses, is silent or answers anything else: Siebel then trusts nobody.
   *
   * @param cacheSeconds How old an answer may be that is used again. 0: asks every time.
   */
  introspect(token: string, cacheSeconds: number): Promise<Introspected>;
  /** Requests sent to the identity domain so far. */
  count(): number;
  close(): void;
}

export interface IntrospectorOptions {
  readonly introspectionUrl: string;
  /** Siebel's own application. */
  readonly introspectionClient: { readonly id: string; readonly secret: string };
  /** Certificates that Siebel's trust store holds, PEM. */
  readonly ca: string;
}

const LONGEST_WAIT_MS = 5_000;
const INACTIVE: Introspected = { active: false, scopes: [], claims: {} };

/** Asks the identity domain over kept-alive connections, with Basic authentication and the token in a form. */
export function introspector(options: IntrospectorOptions): Introspector {
  const agent = new Agent({ keepAlive: true, maxSockets: 20, ca: options.ca });
  const cached = new Map<string, { answer: Introspected; atMs: number }>();
  let count = 0;
  return {
    count: () => count,
    close: () => agent.destroy(),
    async introspect(token, cacheSeconds) {
      const key = fingerprint(token);
      const known = cached.get(key);
      if (known && Date.now() - known.atMs < cacheSeconds * 1_000) return known.answer;
      count += 1;
      const answer = await post(token, { ...options, agent })
        .then(parseAnswer)
        .catch(() => INACTIVE);
      if (cacheSeconds > 0 && answer.active) cached.set(key, { answer, atMs: Date.now() });
      return answer;
    },
  };
}

/** Tells one token from another without showing it. */
export function fingerprint(token: string): string {
  return createHash('sha256').update(token).digest('hex').slice(0, 12);
}

function post(token: string, options: IntrospectorOptions & { agent: Agent }): Promise<string> {
  const { id, secret } = options.introspectionClient;
  const headers = {
    Authorization: `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`,
    'Content-Type': 'application/x-www-form-urlencoded',
  };
  return new Promise((resolve, reject) => {
    const { introspectionUrl, agent } = options;
    const sent = request(introspectionUrl, { method: 'POST', agent, headers, timeout: LONGEST_WAIT_MS }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk;
      });
      response.once('error', reject);
      response.once('end', () => (response.statusCode === 200 ? resolve(body) : reject(new Error('refused'))));
    });
    sent.once('timeout', () => sent.destroy(new Error('the identity domain is silent')));
    sent.once('error', reject);
    sent.end(new URLSearchParams({ token }).toString());
  });
}

function parseAnswer(body: string): Introspected {
  const claims = JSON.parse(body) as Record<string, unknown>;
  const scope = claims['scope'];
  return {
    active: claims['active'] === true,
    scopes: typeof scope === 'string' ? scope.split(' ') : [],
    claims,
  };
}
