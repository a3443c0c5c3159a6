import { inspect } from 'node:util';
import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { ConfigurationError, ServiceUnavailableError } from '../../../lib/errors.ts';
import { readClientCredentials, type SecretReader } from '../../../lib/secrets/client-credentials.ts';

const CANARY = 'c4n4ry-Zx9';

describe('readClientCredentials', () => {
  it('asks for the secret by its id and gives what is in it, with its version', async () => {
    const commands: unknown[] = [];
    const read = readClientCredentials({
      secretId: 'siebel/client',
      client: {
        send: async (command) => {
          commands.push(command);
          return { SecretString: '{"clientId":"caller","clientSecret":"s3cret value"}', VersionId: 'v-1' };
        },
      },
    });

    const credentials = await read();

    expect(credentials).toMatchObject({ clientId: 'caller', versionId: 'v-1' });
    expect(credentials.clientSecret.reveal()).toBe('s3cret value');
    expect(commands).toHaveLength(1);
    expect(commands[0]).toBeInstanceOf(GetSecretValueCommand);
    expect(commands[0]).toMatchObject({ input: { SecretId: 'siebel/client' } });
  });

  it('accepts the names of the OAuth specification', async () => {
    const credentials = await reading('{"client_id":"caller","client_secret":"s3cret"}');

    expect([credentials.clientId, credentials.clientSecret.reveal()]).toEqual(['caller', 's3cret']);
  });

  it('reads a binary secret as UTF-8 JSON (F09)', async () => {
    const credentials = await reading(undefined, Buffer.from('{"clientId":"caller","clientSecret":"s3cret"}'));

    expect(credentials.clientSecret.reveal()).toBe('s3cret');
  });

  it('keeps every character that client credentials may have (K18)', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 40 }), async (text) => {
        const secret = `a${text}z`;
        const credentials = await reading(JSON.stringify({ clientId: 'caller', clientSecret: secret }));
        expect(credentials.clientSecret.reveal()).toBe(secret);
      }),
    );
  });

  it.each([
    ['nothing at all', undefined, /has no value/],
    ['an empty value', '', /EMPTY_BODY/],
    ['text that is no JSON (F07)', `${CANARY}`, /BAD_JSON/],
    ['a byte order mark', `\ufeff{"clientId":"${CANARY}","clientSecret":"${CANARY}"}`, /BAD_JSON/],
    ['an array', `["${CANARY}"]`, /not a JSON object/],
    ['a duplicate member', `{"clientId":"a","clientId":"${CANARY}","clientSecret":"${CANARY}"}`, /DUPLICATE_KEY/],
    ['no clientSecret (F08)', `{"clientId":"${CANARY}"}`, /"clientSecret" is missing/],
    ['no clientId', `{"clientSecret":"${CANARY}"}`, /"clientId" is missing/],
    ['an empty field', `{"clientId":"${CANARY}","clientSecret":""}`, /"clientSecret" is empty/],
    ['a field of another type', `{"clientId":"${CANARY}","clientSecret":12}`, /"clientSecret" is not a string/],
    ['null', `{"clientId":null,"clientSecret":"${CANARY}"}`, /"clientId" is not a string/],
    [
      'a line break at the end (F14)',
      `{"clientId":"a","clientSecret":"${CANARY}\\n"}`,
      /"clientSecret" starts or ends/,
    ],
    ['a blank at the start', `{"clientId":"a","clientSecret":" ${CANARY}"}`, /"clientSecret" starts or ends/],
    ['a byte order mark in a value', `{"clientId":"a","clientSecret":"\\ufeff${CANARY}"}`, /"clientSecret" starts or/],
    [
      'a character from a word processor',
      `{"clientId":"a","clientSecret":"${CANARY}\u201d"}`,
      /"clientSecret" contains/,
    ],
    ['a line break inside', `{"clientId":"a","clientSecret":"b\\n${CANARY}"}`, /"clientSecret" contains/],
    ['both spellings', `{"clientId":"a","client_secret":"${CANARY}"}`, /"clientSecret" is missing; it holds members/],
    ['a foreign token URL (F16)', `{"clientId":"a","clientSecret":"${CANARY}","tokenUrl":"https://x"}`, /members/],
    ['a member of the prototype', `{"clientId":"a","clientSecret":"${CANARY}","__proto__":{}}`, /members/],
    ['a placeholder', `{"clientId":"${CANARY}","clientSecret":"<client secret>"}`, /"clientSecret" is still/],
    ['another placeholder', `{"clientId":"${CANARY}","clientSecret":"REPLACE_ME"}`, /"clientSecret" is still/],
    ['the word undefined', `{"clientId":"${CANARY}","clientSecret":"undefined"}`, /"clientSecret" is still/],
  ])('refuses %s, naming secret, version and fields but no content', async (_, value, problem) => {
    const failure = await reading(value).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(ConfigurationError);
    expect(failure).toMatchObject({ code: 'CONFIG_SECRET_SHAPE', message: expect.stringMatching(problem) });
    expect(failure).toHaveProperty('message', expect.stringContaining('secret "siebel/client", version v-1'));
    expect(inspect(failure, { depth: 10 })).not.toContain(CANARY);
  });

  it('names all that is wrong at once', async () => {
    await expect(reading('{}')).rejects.toThrow(/"clientId" is missing; "clientSecret" is missing/);
  });

  it.each([
    'AccessDeniedException',
    'ResourceNotFoundException',
    'DecryptionFailure',
    'InvalidRequestException',
    'UnrecognizedClientException',
    'KMSDisabledException',
  ])('takes %s for a matter of configuration (F03, F04)', async (name) => {
    const failure = await failingWith(name);

    expect(failure).toBeInstanceOf(ConfigurationError);
    expect(failure).toMatchObject({ code: 'SECRET_DENIED' });
    expect(inspect(failure, { depth: 10 })).not.toContain('arn:aws');
  });

  it.each(['ThrottlingException', 'InternalServiceError', 'TimeoutError', 'ExpiredTokenException', 'ECONNRESET'])(
    'takes %s for an outage that ends (F01, F02)',
    async (name) => {
      const failure = await failingWith(name);

      expect(failure).toBeInstanceOf(ServiceUnavailableError);
      expect(failure).toMatchObject({ code: 'SECRET_UNAVAILABLE', retryable: true });
      expect(inspect(failure, { depth: 10 })).not.toContain('arn:aws');
    },
  );

  it('does not wait longer than its time when Secrets Manager is silent (F15)', async () => {
    const silent: SecretReader = {
      send: (_, { abortSignal }) =>
        new Promise((_resolve, reject) => {
          abortSignal.addEventListener('abort', () => reject(abortSignal.reason));
        }),
    };

    await expect(
      readClientCredentials({ secretId: 'siebel/client', client: silent, timeoutMs: 5 })(),
    ).rejects.toMatchObject({ code: 'SECRET_UNAVAILABLE' });
  });
});

function reading(secretString: string | undefined, secretBinary?: Uint8Array) {
  const answer = {
    ...(secretString !== undefined && { SecretString: secretString }),
    ...(secretBinary && { SecretBinary: secretBinary }),
    VersionId: 'v-1',
  };
  return readClientCredentials({ secretId: 'siebel/client', client: { send: async () => answer } })();
}

function failingWith(name: string) {
  const error = Object.assign(new Error('arn:aws:iam::123456789012:role/caller is not allowed'), {
    name,
    $response: { headers: { authorization: 'arn:aws' } },
  });
  const client: SecretReader = { send: () => Promise.reject(error) };
  return readClientCredentials({ secretId: 'siebel/client', client })().catch((failure: unknown) => failure);
}
