import { randomBytes } from 'node:crypto';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { type Answer, answerUnderFault, type Wire, wireOf } from '../faults/answer.ts';
import { type FaultRules, type FaultTarget, faultRules } from '../faults/rules.ts';
import type { ServerIdentity } from '../tls.ts';
import {
  API_CLIENT_ID,
  type Application,
  CALLER_ID,
  type ClientIdAndSecret,
  gluedScopes,
  newSecret,
  SIEBEL_ID,
} from './applications.ts';
import {
  answerOwnDiscovery,
  INTROSPECTION_PATH,
  identityProvider,
  introspectJwt,
  KEYS_PATH,
  refuseUnknownScope,
  TOKEN_PATH,
} from './provider.ts';
import { makeSigningKey } from './signing-key.ts';
import { ISSUER, tokensOf } from './tokens.ts';

export interface IdentityOptions {
  readonly tls: ServerIdentity;
  /** 0: any free port. */
  readonly port?: number;
  /** Life of the caller's tokens in seconds. Default 3 600, an identity domain's own default. */
  readonly tokenLifeSeconds?: number;
  /** Base URL of Siebel REST, from which audience and scope are made; `setSiebelBaseUrl` may give it later. */
  readonly siebelBaseUrl?: string;
  /** Whether anyone may read the signing keys (default), or only who brings a token of this domain. */
  readonly keysArePublic?: boolean;
}

export interface IdentityStats {
  readonly tokenRequests: number;
  readonly tokensIssued: number;
  readonly introspections: number;
  readonly keyRequests: number;
  /** TCP connections accepted. */
  readonly connections: number;
}

/** A running identity domain: an imitation of Oracle IDCS / OCI IAM, over TLS on 127.0.0.1. */
export interface Identity {
  readonly origin: string;
  readonly tokenUrl: string;
  readonly introspectionUrl: string;
  readonly jwksUrl: string;
  readonly issuer: string;
  /** May ask for Siebel tokens. Its id is also the Siebel user of those tokens. */
  readonly callerClient: ClientIdAndSecret;
  /** May ask for tokens of the HTTP API. */
  readonly apiClient: ClientIdAndSecret;
  /** Siebel's own: may introspect, and gets no tokens. */
  readonly siebelClient: ClientIdAndSecret;
  /** Scope to ask for as caller: `<siebel base url>/data`. */
  readonly scope: string;
  /** Scopes to ask for as API client, parted by a blank. */
  readonly apiScope: string;
  readonly apiAudience: string;
  /** Rules for the targets `token` and `introspection`. */
  readonly faults: FaultRules;
  setSiebelBaseUrl(url: string): void;
  /** Holds for tokens issued from now on. */
  setTokenLifeSeconds(seconds: number): void;
  /** Hard cutover, as identity domains do it: the old secret is dead at once, issued tokens stay good. */
  regenerateSecret(client: 'caller' | 'api' | 'siebel'): string;
  /** A token for the HTTP API, not counted as a token request. Life in seconds may be negative: already expired. */
  issueApiToken(options?: { scopes?: readonly string[]; lifeSeconds?: number; audience?: string }): Promise<string>;
  /** Every token issued so far is inactive from now on. Gives their number. */
  revokeAll(): number;
  stats(): IdentityStats;
  close(): Promise<void>;
}

const API_AUDIENCE = 'https://api.siebel-integration.example/';
const API_SCOPES = ['siebel.read', 'siebel.write'];
const API_TOKEN_LIFE_SECONDS = 3_600;
/** As long as Tomcat keeps an idle connection by default. */
const KEEP_ALIVE_MS = 20_000;

/** Starts the identity domain with its three confidential applications. */
export async function startIdentity(options: IdentityOptions): Promise<Identity> {
  let { tokenLifeSeconds = 3_600, siebelBaseUrl = 'https://127.0.0.1/siebel/v1.0' } = options;
  const siebelRights = () => ({
    audience: `${siebelBaseUrl.replace(/\/+$/, '')}/`,
    scopes: ['data', 'service', 'workflow'],
    tokenLifeSeconds,
  });
  const apiRights = () => ({ audience: API_AUDIENCE, scopes: API_SCOPES, tokenLifeSeconds: API_TOKEN_LIFE_SECONDS });
  const caller: Application = { id: CALLER_ID, secret: newSecret(), mayIntrospect: false, rights: siebelRights };
  const api: Application = { id: API_CLIENT_ID, secret: newSecret(), mayIntrospect: false, rights: apiRights };
  const siebel: Application = { id: SIEBEL_ID, secret: newSecret(), mayIntrospect: true };
  const applications = new Map([caller, api, siebel].map((application) => [application.id, application]));

  const key = await makeSigningKey();
  const tokens = await tokensOf(key);
  const faults = faultRules(['token', 'introspection']);
  const counts = { tokenRequests: 0, tokensIssued: 0, introspections: 0, keyRequests: 0 };
  const closing = new AbortController();
  const provider = identityProvider({ applications, key, tokens });
  provider.on('server_error', (_context, error) => console.error('identity domain:', error));

  provider.use(countRequests(counts));
  provider.use(strike({ faults, wire: () => wire }));
  provider.use(async (context, next) => {
    await next();
    const isToken = context.path === TOKEN_PATH && context.status === 200;
    if (isToken) counts.tokensIssued += 1;
  });
  provider.use(async (context, next) => {
    if (context.path !== KEYS_PATH) return next();
    const token = context.get('authorization').replace(/^Bearer /, '');
    if (options.keysArePublic === false && !(await tokens.verify(token))) {
      context.status = 401;
      context.body = scimError('401', 'You are not authorized to access the resource.');
      return;
    }
    context.body = { keys: [key.publicJwk] };
  });
  provider.use(answerOwnDiscovery);
  provider.use(refuseUnknownScope);
  provider.use(introspectJwt({ applications, tokens }));

  const server = createServer(
    { ...options.tls, minVersion: 'TLSv1.2', keepAliveTimeout: KEEP_ALIVE_MS },
    provider.callback(),
  );
  const wire = wireOf(server, closing.signal);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    origin,
    tokenUrl: `${origin}${TOKEN_PATH}`,
    introspectionUrl: `${origin}${INTROSPECTION_PATH}`,
    jwksUrl: `${origin}${KEYS_PATH}`,
    issuer: ISSUER,
    get callerClient() {
      return { id: caller.id, secret: caller.secret };
    },
    get apiClient() {
      return { id: api.id, secret: api.secret };
    },
    get siebelClient() {
      return { id: siebel.id, secret: siebel.secret };
    },
    get scope() {
      return `${siebelRights().audience}data`;
    },
    apiScope: gluedScopes(apiRights()).join(' '),
    apiAudience: API_AUDIENCE,
    faults,
    setSiebelBaseUrl: (url) => {
      siebelBaseUrl = url;
    },
    setTokenLifeSeconds: (seconds) => {
      tokenLifeSeconds = seconds;
    },
    regenerateSecret(client) {
      const application = { caller, api, siebel }[client];
      application.secret = newSecret();
      return application.secret;
    },
    issueApiToken({ scopes = API_SCOPES, lifeSeconds = API_TOKEN_LIFE_SECONDS, audience = API_AUDIENCE } = {}) {
      return tokens.sign(tokens.claimsFor({ clientId: api.id, audience, scopes }), { lifeSeconds });
    },
    revokeAll: () => tokens.revokeAll(),
    stats: () => ({ ...counts, connections: wire.connections() }),
    async close() {
      closing.abort();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

type Next = () => Promise<void>;

const FAULT_TARGETS: Readonly<Record<string, FaultTarget>> = {
  [TOKEN_PATH]: 'token',
  [INTROSPECTION_PATH]: 'introspection',
};

function countRequests(counts: { tokenRequests: number; introspections: number; keyRequests: number }) {
  return async (context: KoaContextWithOIDC, next: Next): Promise<void> => {
    // The id under which Oracle's support finds the request in its logs.
    context.set('X-oracle-dms-ecid', randomBytes(12).toString('base64url'));
    if (context.path === TOKEN_PATH) counts.tokenRequests += 1;
    if (context.path === INTROSPECTION_PATH) counts.introspections += 1;
    if (context.path === KEYS_PATH) counts.keyRequests += 1;
    return next();
  };
}

/** Answers by the fault that a rule names, else passes on. */
function strike({ faults, wire }: { faults: FaultRules; wire: () => Wire }) {
  return async (context: KoaContextWithOIDC, next: Next): Promise<void> => {
    const target = FAULT_TARGETS[context.path];
    const fault = target && faults.take({ target, method: context.method, path: context.path });
    if (!fault) return next();
    context.respond = false;
    const work = async (): Promise<Answer> => {
      await next();
      const { status, body, response } = context;
      const headers = Object.entries(response.headers).map(([name, value]) => [name, String(value)] as const);
      return { status, headers: Object.fromEntries(headers), body: JSON.stringify(body) };
    };
    await answerUnderFault(context.res, { fault, wire: wire(), work });
  };
}

function scimError(status: string, detail: string) {
  return { schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'], detail, status };
}
