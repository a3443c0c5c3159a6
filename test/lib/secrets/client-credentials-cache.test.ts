import { describe, expect, it } from 'vitest';

import { ConfigurationError, ServiceUnavailableError } from '../../../lib/errors.ts';
import type { ClientCredentials } from '../../../lib/oauth/client-credentials.ts';
import { Redacted } from '../../../lib/redacted.ts';
import { cacheClientCredentials } from '../../../lib/secrets/client-credentials-cache.ts';
import { fakeClock } from '../../support/fake-clock.ts';

const AWAY = new ServiceUnavailableError('SECRET_UNAVAILABLE', 'away');
const DENIED = new ConfigurationError('denied', { code: 'SECRET_DENIED' });

describe('cacheClientCredentials', () => {
  it('reads once for a thousand callers at the same moment (R21)', async () => {
    const { cached, secret } = setUp();

    const all = await Promise.all(Array.from({ length: 1_000 }, () => cached()));

    expect(secret.reads).toBe(1);
    expect(new Set(all).size).toBe(1);
  });

  it('reads again only when ten seconds have passed (R30)', async () => {
    const { cached, secret, clock } = setUp();

    await cached();
    await clock.advance(9_999);
    await cached();
    expect(secret.reads).toBe(1);
    await clock.advance(1);
    await cached();

    expect(secret.reads).toBe(2);
  });

  it('gives the new version after a rotation', async () => {
    const { cached, secret, clock } = setUp();
    await cached();

    secret.version = 'v-2';
    await clock.advance(10_000);

    expect(await cached()).toMatchObject({ versionId: 'v-2' });
  });

  it('reads a version that was refused again at once, and then not for ten seconds (F10, F13)', async () => {
    const { cached, secret, clock } = setUp();
    await cached();
    secret.version = 'v-2';

    expect(await cached('v-1')).toMatchObject({ versionId: 'v-2' });
    await cached('v-2');
    await cached('v-2');
    expect(secret.reads).toBe(2);
    await clock.advance(10_000);
    await cached('v-2');

    expect(secret.reads).toBe(3);
  });

  it('does not read again when another version than the kept one was refused', async () => {
    const { cached, secret } = setUp();
    secret.version = 'v-2';
    await cached();

    expect(await cached('v-1')).toMatchObject({ versionId: 'v-2' });
    expect(secret.reads).toBe(1);
  });

  it('gives the last good ones for an hour while Secrets Manager is away, and says so (R32)', async () => {
    const { cached, secret, clock, stale } = setUp();
    await cached();
    secret.failure = AWAY;

    await clock.advance(3_600_000);
    expect(await cached()).toMatchObject({ versionId: 'v-1' });
    expect(stale).toEqual([AWAY]);
    await clock.advance(1);

    await expect(cached()).rejects.toBe(AWAY);
  });

  it('does not keep a failure: the next caller reads', async () => {
    const { cached, secret } = setUp();
    secret.failure = AWAY;
    await expect(cached()).rejects.toBe(AWAY);

    secret.failure = undefined;

    expect(await cached()).toMatchObject({ versionId: 'v-1' });
  });

  it('shares a failure among those who wait for it, and frees the place for the next', async () => {
    const { cached, secret } = setUp();
    secret.failure = AWAY;

    const outcomes = await Promise.allSettled([cached(), cached(), cached()]);

    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(secret.reads).toBe(1);
  });

  it('does not hide a matter of configuration behind the last good ones (F03)', async () => {
    const { cached, secret, clock, stale } = setUp();
    await cached();

    secret.failure = DENIED;
    await clock.advance(10_000);

    await expect(cached()).rejects.toBe(DENIED);
    expect(stale).toEqual([]);
  });

  it('ages by either clock: frozen or put back', async () => {
    const { cached, secret, clock } = setUp();
    await cached();
    clock.setWall(clock.now() - 3_600_000);
    await clock.advance(10_000);
    await cached();
    expect(secret.reads).toBe(2);

    clock.setWall(clock.now() + 10_000);
    await cached();

    expect(secret.reads).toBe(3);
  });
});

function setUp() {
  const clock = fakeClock();
  const secret = { reads: 0, version: 'v-1', failure: undefined as Error | undefined };
  const stale: unknown[] = [];
  const read = async (): Promise<ClientCredentials> => {
    secret.reads += 1;
    await Promise.resolve();
    if (secret.failure) throw secret.failure;
    return { clientId: 'caller', clientSecret: new Redacted('s3cret'), versionId: secret.version };
  };
  const cached = cacheClientCredentials(read, { clock, onStale: (reason) => stale.push(reason) });
  return { cached, secret, clock, stale };
}
