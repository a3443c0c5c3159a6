import { SignJWT } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { callerKeys } from '../../../lib/api/caller-keys.ts';
import { callerTokenVerifier } from '../../../lib/api/caller-token.ts';
import { NoResponseError } from '../../../lib/errors.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { AUDIENCE, claimsAt, ISSUER, KEYS_URL, keyServer, type SigningKeys, signingKeys } from './caller-tokens.ts';

const away = new NoResponseError('CONNECT_FAILED', 'the address of the keys is away', { sent: false });

let keys: SigningKeys;
let others: SigningKeys;
beforeAll(async () => {
  [keys, others] = await Promise.all([signingKeys(), signingKeys()]);
});

/** A verifier, and the server that its keys come from. */
function verifierOver(answers: () => unknown = () => ({ keys: [keys.publicKey] })) {
  const clock = fakeClock();
  const server = keyServer(answers);
  const verifier = callerTokenVerifier({
    keys: callerKeys({ http: server, url: KEYS_URL, clock }),
    issuer: ISSUER,
    audience: AUDIENCE,
    clock,
  });
  return { clock, server, verify: (token: string) => verifier(token, clock.now() + 8_000) };
}

describe('a token', () => {
  it('of the right issuer for the right audience gives its client and scopes', async () => {
    const { clock, server, verify } = verifierOver();

    const verdict = await verify(await keys.sign(claimsAt(clock.now())));

    expect(verdict).toEqual({ caller: { clientId: 'api-client', scopes: ['siebel.read', 'siebel.write'] } });
    expect(server.requests).toEqual([
      {
        method: 'GET',
        path: '/admin/v1/SigningCert/jwk',
        headers: { accept: 'application/json' },
        deadlineAtMs: clock.now() + 8_000,
      },
    ]);
  });

  it.each(['PS256', 'ES256'] as const)('signed with %s is verified too', async (algorithm) => {
    const own = await signingKeys(algorithm);
    const { clock, verify } = verifierOver(() => ({ keys: [own.publicKey] }));

    expect(await verify(await own.sign(claimsAt(clock.now())))).toHaveProperty('caller');
  });

  it.each([
    ['another issuer', { iss: 'https://identity.oraclecloud.com' }, 'WRONG_ISSUER'],
    ['another audience', { aud: ['https://siebel.example/siebel/v1.0/'] }, 'WRONG_AUDIENCE'],
    ['an end that has passed', { exp: 1_699_999_990 }, 'TOKEN_EXPIRED'],
    ['no end', { exp: undefined }, 'CLAIM_MISSING'],
    ['an end that is a text', { exp: '1800000000' as never }, 'BAD_TOKEN'],
    ['a start that lies ahead', { nbf: 1_700_000_060 }, 'TOKEN_NOT_YET_VALID'],
    ['no issuer', { iss: undefined }, 'CLAIM_MISSING'],
    ['no audience', { aud: undefined }, 'CLAIM_MISSING'],
    ['nobody', { sub: undefined, client_id: undefined }, 'CLAIM_MISSING'],
    ['an object for a client', { sub: undefined, client_id: {} as never }, 'CLAIM_MISSING'],
  ])('with %s is refused', async (_name, claims, refused) => {
    const { clock, verify } = verifierOver();

    expect(await verify(await keys.sign(claimsAt(clock.now(), claims as never)))).toEqual({ refused });
  });

  it('that its issuer dates a few seconds ahead of us is good', async () => {
    const { clock, verify } = verifierOver();
    const claims = claimsAt(clock.now(), { nbf: 1_700_000_004, iat: 1_700_000_004 });

    expect(await verify(await keys.sign(claims))).toHaveProperty('caller');
  });

  it('is refused from its end on', async () => {
    const { clock, verify } = verifierOver();
    const token = await keys.sign(claimsAt(clock.now()));

    await clock.advance(3_590_000);
    expect(await verify(token)).toHaveProperty('caller');
    await clock.advance(20_000);
    expect(await verify(token)).toEqual({ refused: 'TOKEN_EXPIRED' });
  });

  it('without scope may do nothing, and scopes in a list are read', async () => {
    const { clock, verify } = verifierOver();
    const scopesOf = async (claims: Record<string, unknown>) => {
      const verdict = await verify(await keys.sign(claimsAt(clock.now(), claims)));
      return 'caller' in verdict ? verdict.caller.scopes : verdict;
    };

    expect(await scopesOf({ scope: undefined })).toEqual([]);
    expect(await scopesOf({ scope: 7 })).toEqual([]);
    expect(await scopesOf({ scope: undefined, scp: ['siebel.read', 7] })).toEqual(['siebel.read']);
  });

  it('that is none, or too long, is refused without fetching a key', async () => {
    const { server, verify } = verifierOver();

    for (const token of ['', 'x', 'a.b', 'a.b.c.d', `${'x'.repeat(16_384)}.b.c`]) {
      expect(await verify(token)).toEqual({ refused: 'BAD_TOKEN' });
    }
    expect(server.requests).toEqual([]);
  });

  it.each(['..', 'a.b.c', 'e30.e30.e30', 'eyJhbGciOiJSUzI1NiJ9.!.x'])(
    'that is broken (%s) is refused',
    async (token) => {
      const { verify } = verifierOver();

      expect(await verify(token)).toEqual({ refused: expect.any(String) });
    },
  );

  it('without a signature is refused', async () => {
    const { clock, verify } = verifierOver();
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

    expect(await verify(`${part({ alg: 'none' })}.${part(claimsAt(clock.now()))}.`)).toEqual({
      refused: 'ALGORITHM_NOT_ALLOWED',
    });
  });

  it('signed with the public key as a shared secret is refused', async () => {
    const { clock, verify } = verifierOver();
    const secret = Buffer.from(String(keys.publicKey.n));
    const forged = await new SignJWT(claimsAt(clock.now()))
      .setProtectedHeader({ alg: 'HS256', kid: 'SIGNING_KEY' })
      .sign(secret);

    expect(await verify(forged)).toEqual({ refused: 'ALGORITHM_NOT_ALLOWED' });
  });

  it('whose claims were changed is refused', async () => {
    const { clock, verify } = verifierOver();
    const [header, , signature] = (await keys.sign(claimsAt(clock.now(), { scope: 'none' }))).split('.');
    const claims = Buffer.from(JSON.stringify(claimsAt(clock.now()))).toString('base64url');

    expect(await verify(`${header}.${claims}.${signature}`)).toEqual({ refused: 'BAD_SIGNATURE' });
  });

  it('that brings a key of its own is refused', async () => {
    const { clock, verify } = verifierOver();
    const { publicKey } = others;

    expect(
      await verify(await others.sign(claimsAt(clock.now()), { jwk: publicKey, jku: 'https://evil.example' })),
    ).toEqual({
      refused: 'BAD_SIGNATURE',
    });
  });
});

describe('the keys', () => {
  it('are fetched once for callers that come together, and not again while they are fresh', async () => {
    const { clock, server, verify } = verifierOver();
    const token = await keys.sign(claimsAt(clock.now()));

    await Promise.all(Array.from({ length: 20 }, () => verify(token)));
    await clock.advance(590_000);
    await verify(token);

    expect(server.requests).toHaveLength(1);
    await clock.advance(20_000);
    await verify(token);
    expect(server.requests).toHaveLength(2);
  });

  it('are fetched again when they have been renewed under the same name', async () => {
    let current = keys;
    const { clock, server, verify } = verifierOver(() => ({ keys: [current.publicKey] }));
    await verify(await keys.sign(claimsAt(clock.now())));
    await clock.advance(60_000);
    current = others;

    const verdict = await verify(await others.sign(claimsAt(clock.now())));

    expect(verdict).toHaveProperty('caller');
    expect(server.requests).toHaveLength(2);
  });

  it('are both tried when an old and a new one carry the same name', async () => {
    const { clock, verify } = verifierOver(() => ({ keys: [keys.publicKey, others.publicKey] }));

    expect(await verify(await keys.sign(claimsAt(clock.now())))).toHaveProperty('caller');
    expect(await verify(await others.sign(claimsAt(clock.now())))).toHaveProperty('caller');
    const third = await signingKeys();
    expect(await verify(await third.sign(claimsAt(clock.now())))).toEqual({ refused: 'BAD_SIGNATURE' });
  });

  it('are fetched at most once in 10 s, whatever tokens come in', async () => {
    const { clock, server, verify } = verifierOver();
    const forged = await others.sign(claimsAt(clock.now()));
    const unknown = await others.sign(claimsAt(clock.now()), { kid: 'another' });

    for (let second = 0; second < 30; second += 1) {
      expect(await verify(forged)).toEqual({ refused: 'BAD_SIGNATURE' });
      expect(await verify(unknown)).toEqual({ refused: 'UNKNOWN_KEY' });
      await clock.advance(1_000);
    }

    expect(server.requests).toHaveLength(3);
  });

  it('serve on when their address is away', async () => {
    let answer: unknown = { keys: [keys.publicKey] };
    const { clock, verify } = verifierOver(() => answer);
    await verify(await keys.sign(claimsAt(clock.now())));
    answer = away;

    await clock.advance(12 * 3_600_000);
    expect(await verify(await keys.sign(claimsAt(clock.now())))).toHaveProperty('caller');

    await clock.advance(13 * 3_600_000);
    await expect(verify(await keys.sign(claimsAt(clock.now())))).rejects.toBe(away);
  });

  it('that cannot be had fail the verification, and refuse nobody', async () => {
    let answer: unknown = away;
    const { clock, server, verify } = verifierOver(() => answer);
    const token = await keys.sign(claimsAt(clock.now()));

    await expect(verify(token)).rejects.toBe(away);
    await expect(verify(token)).rejects.toBe(away);
    expect(server.requests).toHaveLength(1);

    answer = { keys: [keys.publicKey] };
    await clock.advance(10_000);
    expect(await verify(token)).toHaveProperty('caller');
  });

  it('of another name cannot be judged while their address is away', async () => {
    let answer: unknown = { keys: [keys.publicKey] };
    const { clock, verify } = verifierOver(() => answer);
    await verify(await keys.sign(claimsAt(clock.now())));
    await clock.advance(20_000);
    answer = away;

    await expect(verify(await others.sign(claimsAt(clock.now()), { kid: 'renewed' }))).rejects.toBe(away);
  });

  it.each([
    ['HTTP 500', { status: 500, text: '' }, 'environment'],
    ['a page', { text: '<html>' }, 'environment'],
    ['no list', { keys: {} }, 'environment'],
    ['a list of texts', { keys: ['x'] }, 'environment'],
    ['HTTP 401', { status: 401, text: '{}' }, 'configuration'],
    ['HTTP 404', { status: 404, text: '{}' }, 'configuration'],
  ])('of the form %s fail the verification', async (_name, answer, failureClass) => {
    const { clock, verify } = verifierOver(() => answer);

    await expect(verify(await keys.sign(claimsAt(clock.now())))).rejects.toMatchObject({ failureClass });
  });
});
