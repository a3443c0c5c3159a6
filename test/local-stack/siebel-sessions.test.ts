import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSessions } from '../../local-stack/siebel/sessions.ts';
import { DEFAULT_SETTINGS, type SiebelSettings } from '../../local-stack/siebel/settings.ts';
import { type Domain, type SiebelFixture, startDomain, startSiebelFixture, until } from './siebel-fixture.ts';

describe('sessions', () => {
  const settings = (changes: Partial<SiebelSettings> = {}): SiebelSettings => ({ ...DEFAULT_SETTINGS, ...changes });
  const sessions = () => openSessions(new AbortController().signal);

  it('are opened for the first call of a user, and used again by those that follow', async () => {
    const opened = sessions();
    for (const user of ['A', 'A', 'B', 'A']) {
      await opened.enter(user, settings());
      opened.leave(user);
    }

    expect(opened.logins()).toBe(2);
  });

  it('are opened beside those at work', async () => {
    const opened = sessions();
    await Promise.all([opened.enter('A', settings()), opened.enter('A', settings())]);

    expect(opened.logins()).toBe(2);
  });

  it('end when they are idle for too long', async () => {
    const opened = sessions();
    for (let call = 0; call < 3; call += 1) {
      await opened.enter('A', settings({ sessionTimeoutSeconds: 0 }));
      opened.leave('A');
    }

    expect(opened.logins()).toBe(3);
  });

  it('are as many for a user as allowed, and that number again when one is given back', async () => {
    const opened = sessions();
    const two = settings({ sessionsPerUser: 2 });
    const entered = [await opened.enter('A', two), await opened.enter('A', two), await opened.enter('A', two)];
    const other = await opened.enter('B', two);
    opened.leave('A');

    expect([...entered, other, await opened.enter('A', two)]).toEqual([true, true, false, true, true]);
  });

  it('are waited for as long as a login takes, though no longer than the stand-in runs', async () => {
    const closing = new AbortController();
    const opened = openSessions(closing.signal);
    const slow = settings({ loginMs: 3_600_000 });
    let isIn = false;
    const entering = opened.enter('A', slow).then((entered) => {
      isIn = entered;
    });
    await new Promise((resolve) => setImmediate(resolve));
    const before = isIn;
    closing.abort();
    await entering;

    expect([before, isIn]).toEqual([false, true]);
  });
});

describe('Siebel stand-in, sessions', () => {
  let domain: Domain;
  let fixture: SiebelFixture;

  beforeAll(async () => {
    domain = await startDomain();
    fixture = await startSiebelFixture(domain, { records: 10 });
  });
  afterAll(async () => {
    await fixture.close();
    domain.identity.close();
  });

  it('are opened after the token was looked at, and counted', async () => {
    await fixture.client.call(`${fixture.siebel.baseUrl}/heartbeat`);
    const before = fixture.siebel.stats().logins;
    await fixture.get('Account/Account');
    await fixture.get('Account/Account');

    expect([before, fixture.siebel.stats().logins]).toEqual([0, 1]);
  });

  it('take a place of the connection cap while they are opened, also when the client has left', async () => {
    fixture.siebel.changeSettings({ loginMs: 1_500, sessionTimeoutSeconds: 0, maxConnections: 1, overCap: '503' });
    const giveUp = new AbortController();
    const left = fixture.send('GET', '/heartbeat', undefined, { signal: giveUp.signal });
    const logins = fixture.siebel.stats().logins;
    await until(() => fixture.siebel.stats().logins > logins);
    giveUp.abort();
    await expect(left).rejects.toThrow();
    await until(() => fixture.siebel.stats().abandoned === 1);
    const refused = await fixture.send('GET', '/heartbeat');
    await until(() => fixture.siebel.stats().inFlight === 0);

    expect(refused.status).toBe(503);
    expect(fixture.siebel.stats().abandoned).toBe(0);
    expect((await fixture.send('GET', '/heartbeat')).status).toBe(200);
    fixture.siebel.changeSettings();
  });

  it('that cannot be had are a 500 in the words of the connection manager', async () => {
    fixture.siebel.changeSettings({ loginMs: 1_500, sessionTimeoutSeconds: 0, sessionsPerUser: 1 });
    const replies = await Promise.all([fixture.send('GET', '/heartbeat'), fixture.send('GET', '/heartbeat')]);
    fixture.siebel.changeSettings();
    const [served, refused] = replies.sort((one, other) => one.status - other.status);

    expect([served?.status, refused?.status]).toEqual([200, 500]);
    expect(refused?.json()).toEqual({ ERROR: 'Could not open a session in 4 attempts.' });
  });
});
