import { CreateSecretCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { systemClock } from '../../lib/clock.ts';
import { ServiceUnavailableError } from '../../lib/errors.ts';
import { cacheClientCredentials, readClientCredentials } from '../../lib/secrets/client-credentials.ts';
import { type SecretsManagerStandIn, startSecretsManager } from '../../local-stack/aws/secrets-manager.ts';

const SECRET_ID = 'siebel/client';

let standIn: SecretsManagerStandIn;
let client: SecretsManagerClient;

beforeEach(async () => {
  standIn = await startSecretsManager();
  client = new SecretsManagerClient({
    endpoint: standIn.endpoint,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 3,
  });
  await client.send(new CreateSecretCommand({ Name: SECRET_ID, SecretString: secretString('first') }));
});

afterEach(async () => {
  client.destroy();
  await standIn.close();
});

describe('readClientCredentials, with the SDK over a socket', () => {
  it('reads the current version, and the next one after a rotation', async () => {
    const read = readClientCredentials({ secretId: SECRET_ID, client });

    const before = await read();
    await client.send(new PutSecretValueCommand({ SecretId: SECRET_ID, SecretString: secretString('second') }));
    const after = await read();

    expect([before, after].map(({ clientSecret }) => clientSecret.reveal())).toEqual(['first', 'second']);
    expect(after.versionId).not.toBe(before.versionId);
  });

  it.each(['throttle', 'unavailable'] as const)(
    'asks three times in all when it meets %s (F01, F02)',
    async (fault) => {
      standIn.failReads(fault, { times: 2 });

      const { clientId, clientSecret } = await readClientCredentials({ secretId: SECRET_ID, client })();
      expect([clientId, clientSecret.reveal()]).toEqual(['siebel-caller', 'first']);
      expect(standIn.stats()).toEqual({ reads: 3, faults: 2 });
    },
  );

  it.each([
    ['throttle', 'SECRET_UNAVAILABLE', 'environment'],
    ['unavailable', 'SECRET_UNAVAILABLE', 'environment'],
    ['silent', 'SECRET_UNAVAILABLE', 'environment'],
    ['deny', 'SECRET_DENIED', 'configuration'],
    ['undecryptable', 'SECRET_DENIED', 'configuration'],
  ] as const)('tells %s as %s (F01-F04, F15)', async (fault, code, failureClass) => {
    standIn.failReads(fault, { times: 0 });

    const failure = await readClientCredentials({ secretId: SECRET_ID, client, timeoutMs: 1_000 })().catch(
      (error: unknown) => error,
    );

    expect(failure).toMatchObject({ code, failureClass, message: expect.stringContaining(SECRET_ID) });
    expect(String(failure)).not.toContain('arn:');
    expect(standIn.stats().faults).toBeGreaterThan(0);
  });

  it('tells a secret that does not exist as configuration (F05)', async () => {
    await expect(readClientCredentials({ secretId: 'siebel/other', client })()).rejects.toMatchObject({
      code: 'SECRET_DENIED',
    });
  });

  it('serves the last good value while it is away, and the new one afterwards (R32)', async () => {
    const stale: unknown[] = [];
    const patient = readClientCredentials({ secretId: SECRET_ID, client });
    // While nothing answers; on a busy machine an answer may take as long.
    const hasty = readClientCredentials({ secretId: SECRET_ID, client, timeoutMs: 100 });
    let isSilent = false;
    const cached = cacheClientCredentials(() => (isSilent ? hasty : patient)(), {
      clock: systemClock,
      freshForMs: 0,
      onStale: (why) => stale.push(why),
    });
    await cached();
    await client.send(new PutSecretValueCommand({ SecretId: SECRET_ID, SecretString: secretString('second') }));

    standIn.failReads('silent', { times: 0 });
    isSilent = true;
    expect((await cached()).clientSecret.reveal()).toBe('first');
    standIn.recover();
    isSilent = false;

    expect((await cached()).clientSecret.reveal()).toBe('second');
    expect(stale).toEqual([expect.any(ServiceUnavailableError)]);
  });
});

function secretString(clientSecret: string): string {
  return JSON.stringify({ clientId: 'siebel-caller', clientSecret });
}
