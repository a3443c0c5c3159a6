import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { IntegrationError } from '../../../lib/errors.ts';
import { Redacted } from '../../../lib/redacted.ts';
import { clientSeenByServer, expectNoSecrets, json, SECRET, setUp, TOKEN } from '../../support/token-endpoint.ts';

describe('tokenRequest: what is sent', () => {
  it('posts the grant and the scope as a form, with the client in the header', async () => {
    const { ask, sent } = setUp({ scope: 'https://ai.example:443/siebel/v1.0/data other' });

    await ask();

    expect(sent).toMatchObject([
      {
        method: 'POST',
        path: '/oauth2/v1/token',
        headers: {
          accept: 'application/json',
          'content-type': 'application/x-www-form-urlencoded',
          authorization: `Basic ${Buffer.from(`caller:${SECRET}`).toString('base64')}`,
        },
        body: 'grant_type=client_credentials&scope=https%3A%2F%2Fai.example%3A443%2Fsiebel%2Fv1.0%2Fdata+other',
      },
    ]);
  });

  it('posts the client in the form when told so, and then has no header for it', async () => {
    const { ask, sent } = setUp({ clientAuthentication: 'post' });

    await ask();

    expect(Object.fromEntries(new URLSearchParams(sent[0]?.body))).toEqual({
      grant_type: 'client_credentials',
      scope: 'data',
      client_id: 'caller',
      client_secret: SECRET,
    });
    expect(sent[0]?.headers).not.toHaveProperty('authorization');
  });

  it('encodes id and secret so that the server decodes the same (RFC 6749 section 2.3.1, K18)', async () => {
    const visible = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(visible, visible, fc.constantFrom('basic', 'post'), async (id, secret, clientAuthentication) => {
        const { ask, sent } = setUp({
          clientAuthentication,
          credentials: async () => ({ clientId: id, clientSecret: new Redacted(secret), versionId: 'v-1' }),
        });
        await ask();

        expect(clientSeenByServer(sent[0])).toEqual([id, secret]);
      }),
    );
  });
});

describe('tokenRequest: yes', () => {
  it('gives the token with a life that counts from before the request (R27)', async () => {
    const { ask, clock } = setUp({}, async () => {
      await clock.advance(2_000);
      return json(200, { access_token: TOKEN, token_type: 'Bearer', expires_in: 3_600 });
    });
    const beforeMs = clock.now();

    const token = await ask();

    expect(token.value.reveal()).toBe(TOKEN);
    expect(token).toMatchObject({
      obtainedAtMs: beforeMs,
      expiresAtMs: beforeMs + 3_600_000,
      expiresAtElapsedMs: 3_600_000,
      fingerprint: expect.stringMatching(/^[0-9a-f]{8}$/),
    });
  });

  it.each(['bearer', 'Bearer', 'BEARER'])('accepts the token type %s (R34)', async (token_type) => {
    const { ask } = setUp({}, async () => json(200, { access_token: TOKEN, token_type, expires_in: 60 }));

    await expect(ask()).resolves.toBeDefined();
  });

  it('accepts a byte order mark, a charset and members that it does not know', async () => {
    const { ask } = setUp({}, async () => ({
      ...json(200, '\ufeff{"access_token":"t","token_type":"Bearer","expires_in":60,"x":{"y":[1.5,null]}}'),
      headers: { 'content-type': 'Application/JSON;charset=UTF-8' },
    }));

    await expect(ask()).resolves.toMatchObject({ expiresAtElapsedMs: 60_000 });
  });

  it('takes a number beyond all measure for an odd life and not for an odd answer (F30)', async () => {
    const { ask } = setUp({}, async () => json(200, '{"access_token":"t","token_type":"Bearer","expires_in":1e999}'));

    await expect(ask()).resolves.toMatchObject({ expiresAtElapsedMs: 5_000 });
  });

  it('logs what support asks for, and neither token nor secret', async () => {
    const { ask, lines } = setUp({}, async () => ({
      ...json(200, { access_token: TOKEN, token_type: 'Bearer' }),
      headers: { 'content-type': 'application/json', 'x-oracle-dms-ecid': '5b3e2a1c-0001,0:1' },
    }));

    const token = await ask();

    expect(lines).toMatchObject([
      ['TOKEN_RESPONSE_ODD', { secretVersionId: 'v-1' }],
      [
        'TOKEN_ISSUED',
        {
          secretVersionId: 'v-1',
          tokenFingerprint: token.fingerprint,
          lifetimeSeconds: 300,
          status: 200,
          ecid: '5b3e2a1c-0001,0:1',
        },
      ],
    ]);
    expect(JSON.stringify(lines)).not.toContain(TOKEN);
    expect(JSON.stringify(lines)).not.toContain(SECRET);
  });
});

describe('tokenRequest: a rotated secret (F10, F11)', () => {
  it('asks once more with the new version when the one it had was refused', async () => {
    const { ask, sent, asked } = rotating(['v-1', 'v-2']);

    expect((await ask()).value.reveal()).toBe(TOKEN);
    expect(sent.map((request) => clientSeenByServer(request)[1])).toEqual(['secret of v-1', 'secret of v-2']);
    expect(asked).toEqual([undefined, 'v-1']);
  });

  it('does not ask again with the version that was refused', async () => {
    const { ask, sent } = rotating(['v-1', 'v-1']);

    await expect(ask()).rejects.toMatchObject({ oauthError: 'invalid_client' });
    expect(sent).toHaveLength(1);
  });

  function rotating(versions: string[]) {
    const asked: (string | undefined)[] = [];
    const world = setUp(
      {
        credentials: async (refused) => {
          asked.push(refused);
          const versionId = versions.shift() ?? 'none';
          return { clientId: 'caller', clientSecret: new Redacted(`secret of ${versionId}`), versionId };
        },
      },
      async (request) =>
        clientSeenByServer(request)[1] === 'secret of v-2'
          ? json(200, { access_token: TOKEN, token_type: 'Bearer', expires_in: 60 })
          : json(401, { error: 'invalid_client' }),
    );
    return { ...world, asked };
  }
});

describe('tokenRequest: whatever the server says', () => {
  it('ends in a token or an error of ours, and repeats no secret', async () => {
    const value = fc.oneof(
      fc.constantFrom(SECRET, TOKEN, 'Bearer', 'invalid_client', 3_600, '', null, `x${SECRET}y`),
      fc.anything({ maxDepth: 1 }),
    );
    const body = fc.oneof(
      fc.record(
        {
          access_token: value,
          token_type: value,
          expires_in: value,
          error: value,
          scope: value,
          error_description: value,
        },
        { requiredKeys: [] },
      ),
      fc.string(),
      fc.constant(`${SECRET} ${TOKEN}`),
    );
    const header = fc.constantFrom('application/json', 'text/html', SECRET, undefined);
    await fc.assert(
      fc.asyncProperty(
        body,
        fc.constantFrom(200, 201, 302, 400, 401, 429, 500),
        header,
        async (content, status, type) => {
          const { ask, lines } = setUp({}, async () => ({
            ...json(status, content),
            headers: { ...(type && { 'content-type': type }), 'x-oracle-dms-ecid': SECRET },
          }));
          const outcome = await ask().catch((error: unknown) => error);
          if (outcome instanceof Error) expect(outcome).toBeInstanceOf(IntegrationError);
          else expect(outcome).toMatchObject({ fingerprint: expect.any(String) });
          expectNoSecrets(outcome, lines);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
