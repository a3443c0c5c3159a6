import {
  type Adapter,
  type AllClientMetadata,
  type KoaContextWithOIDC,
  Provider,
  type ResourceServer,
} from 'oidc-provider';
import { type Application, gluedScopes } from './applications.ts';
import type { SigningKey } from './signing-key.ts';
import { ISSUER, type Tokens } from './tokens.ts';

export const TOKEN_PATH = '/oauth2/v1/token';
export const INTROSPECTION_PATH = '/oauth2/v1/introspect';
export const KEYS_PATH = '/admin/v1/SigningCert/jwk';

const SHORTER_LIFE = /^urn:opc:resource:expiry=(\d+)$/;

type Applications = ReadonlyMap<string, Application>;

/** oidc-provider, made to answer as an identity domain does; the caller adds what must come first and then listens. */
export function identityProvider(parts: { applications: Applications; key: SigningKey; tokens: Tokens }): Provider {
  const { applications, key, tokens } = parts;
  return new Provider(ISSUER, {
    adapter: (model) => adapterOf(model, applications),
    jwks: { keys: [key.privateJwk as never] },
    routes: { token: TOKEN_PATH, introspection: INTROSPECTION_PATH, jwks: KEYS_PATH },
    clientAuthMethods: ['client_secret_basic', 'client_secret_post'],
    scopes: [],
    ttl: { ClientCredentials: (_context, token) => token.resourceServer?.accessTokenTTL ?? 60 },
    cookies: { keys: ['no cookies are used'] },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      dPoP: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      introspection: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: (context, client) => rightsOf(applications, client?.clientId)?.audience ?? context.oidc.issuer,
        getResourceServerInfo: (context, _resource, client) =>
          resourceServer(context, applications.get(client.clientId)),
      },
      rpInitiatedLogout: { enabled: false },
      userinfo: { enabled: false },
    },
    formats: {
      customizers: {
        jwt: (_context, token, jwt) => {
          const rights = rightsOf(applications, String(jwt.payload['client_id']));
          const { iat, exp, scope } = jwt.payload as { iat: number; exp: number; scope?: string };
          const audience = rights?.audience ?? '';
          const scopes = words(scope)
            .filter((word) => !SHORTER_LIFE.test(word))
            .map((word) => word.slice(audience.length));
          const claims = tokens.claimsFor({ clientId: String(token.clientId), audience, scopes });
          tokens.remember(String(claims.jti));
          jwt.payload = { ...claims, iat, exp };
          jwt.header = { ...key.header, typ: undefined };
        },
      },
    },
  });
}

/** The second address of the discovery document, which wraps the first. */
export async function answerOwnDiscovery(context: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> {
  if (context.path !== '/.well-known/idcs-configuration') return next();
  context.path = '/.well-known/openid-configuration';
  await next();
  context.body = { 'openid-configuration': context.body };
}

/** Unknown scopes are dropped in silence by the library; identity domains refuse the request. */
export async function refuseUnknownScope(context: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> {
  await next();
  if (context.path !== TOKEN_PATH) return;
  const body = context.body as { scope?: string; error?: string; error_description?: string } | undefined;
  if (context.status === 200 && body) {
    const granted = new Set(words(body.scope));
    const asked = words(context.oidc.params?.['scope']);
    if (asked.length === 0 || !asked.every((word) => granted.has(word))) {
      context.status = 400;
      context.body = { error: 'invalid_scope', error_description: 'Invalid scope.' };
      return;
    }
    // The answer of an identity domain does not repeat the scope.
    delete body.scope;
  }
  if (body?.error_description === 'requested grant type is not allowed for this client') {
    context.body = { error: 'unauthorized_client', error_description: 'The client may not use this grant.' };
  }
}

/** The library refuses to introspect its own JWTs; identity domains do it, for applications that are allowed to. */
export function introspectJwt({ applications, tokens }: { applications: Applications; tokens: Tokens }) {
  return async (context: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> => {
    await next();
    if (context.path !== INTROSPECTION_PATH) return;
    if ((context.body as { error?: string } | undefined)?.error !== 'unsupported_token_type') return;
    const mayIntrospect = applications.get(context.oidc.client?.clientId ?? '')?.mayIntrospect ?? false;
    const claims = mayIntrospect ? await tokens.verify(String(context.oidc.params?.['token'])) : undefined;
    context.status = 200;
    context.body = claims ? introspected(claims) : { active: false };
  };
}

function introspected(claims: Record<string, unknown>) {
  const { sub, sub_type, client_id, client_guid, scope, aud, exp, iat, iss, jti, tenant } = claims;
  const names = { sub, sub_type, client_id, client_guid, preferred_username: sub, prn: sub, tenant };
  return { active: true, token_type: 'JWT', ...names, scope, aud, exp, iat, nbf: iat, iss, jti };
}

function rightsOf(applications: Applications, clientId: string | undefined) {
  return applications.get(clientId ?? '')?.rights?.();
}

function resourceServer(context: KoaContextWithOIDC, application: Application | undefined): ResourceServer {
  const rights = application?.rights?.();
  if (!rights) return { scope: '', audience: ISSUER, accessTokenFormat: 'jwt' };
  const asked = words(context.oidc.params?.['scope']);
  const shorter = asked.find((word) => SHORTER_LIFE.test(word));
  const askedSeconds = Number(SHORTER_LIFE.exec(shorter ?? '')?.[1] ?? Number.POSITIVE_INFINITY);
  return {
    scope: [...gluedScopes(rights), ...(shorter ? [shorter] : [])].join(' '),
    audience: rights.audience,
    accessTokenFormat: 'jwt',
    accessTokenTTL: Math.min(rights.tokenLifeSeconds, askedSeconds),
    jwt: { sign: { alg: 'RS256' } },
  };
}

/** Applications are looked up at each request, so that a regenerated secret holds at once; nothing else is kept. */
function adapterOf(model: string, applications: Applications): Adapter {
  const nothing = async () => undefined;
  const find = async (id: string): Promise<AllClientMetadata | undefined> => {
    const application = model === 'Client' ? applications.get(id) : undefined;
    return (
      application && {
        client_id: application.id,
        client_secret: application.secret,
        grant_types: application.rights ? ['client_credentials'] : [],
        redirect_uris: [],
        response_types: [],
      }
    );
  };
  return {
    find: find as Adapter['find'],
    upsert: nothing,
    consume: nothing,
    destroy: nothing,
    findByUid: nothing,
    findByUserCode: nothing,
    revokeByGrantId: nothing,
  };
}

function words(text: unknown): string[] {
  return typeof text === 'string' ? text.split(' ').filter(Boolean) : [];
}
