import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RELEASES } from '../../local-stack/siebel/releases.ts';
import { type Domain, type SiebelFixture, startDomain, startSiebelFixture } from './siebel-fixture.ts';

describe('Siebel stand-in, releases', () => {
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

  it('are these', () => {
    expect(Object.keys(RELEASES)).toEqual([
      '16',
      '17',
      '18.7',
      '18.12',
      '20.6',
      '21.3',
      '21.6',
      '22.3',
      '22.11',
      '24.1',
      '26.3',
    ]);
  });

  it.each([
    ['16', { xml: false, describe: 'none', batches: false, workflows: false, uniformResponse: false }],
    ['17', { xml: true, describe: 'none', childWriteAnswer: 'child' }],
    ['18.7', { describe: 'swagger 2.0', uniformResponse: false }],
    ['18.12', { uniformResponse: true, batches: false }],
    ['20.6', { batches: true, workflows: false, requestFormat: 'none' }],
    ['21.3', { requestFormat: 'legacy', workflows: false }],
    ['21.6', { requestFormat: 'matchrequestformat', workflows: false }],
    ['22.3', { workflows: true, requestFormat: 'matchrequestformat', describe: 'swagger 2.0' }],
    ['22.11', { describe: 'openapi 3.0', childPageSize: false }],
    ['24.1', { childPageSize: true }],
    ['26.3', { childPageSize: true, workflows: true, problemFormat: false }],
  ])('%s has what came with it and not what came later', (release, expected) => {
    expect(fixture.siebel.changeSettings({ release })).toMatchObject(expected);
  });

  it('from the newest on change nothing that is on from the start', () => {
    fixture.siebel.changeSettings();
    const before = fixture.siebel.settings();

    expect(fixture.siebel.changeSettings({ release: '26.3' })).toEqual(before);
  });

  it.each(['16', '24.1'])(
    'before 26.3, as %s, switch problem documents off unless these stand beside them',
    (release) => {
      const on = { problemFormat: true, statusMap: { 'SBL-EAI-04378': 404 } };
      fixture.siebel.changeSettings(on);
      expect(fixture.siebel.changeSettings({ release: '26.3' })).toMatchObject(on);
      expect(fixture.siebel.changeSettings({ release })).toMatchObject({ problemFormat: false, statusMap: {} });
      expect(fixture.siebel.changeSettings({ release, problemFormat: true })).toMatchObject({ problemFormat: true });
      fixture.siebel.changeSettings();
    },
  );

  it('give way to what is set beside them, in any order', () => {
    expect(fixture.siebel.changeSettings({ batches: true, release: '18.7' })).toMatchObject({
      batches: true,
      describe: 'swagger 2.0',
    });
    expect(fixture.siebel.changeSettings({ release: '18.7', batches: true }).batches).toBe(true);
  });

  it('move the address: IP2016 answers below its own context alone', async () => {
    const { siebel, send, client } = fixture;
    siebel.changeSettings();
    const newer = siebel.baseUrl;
    siebel.changeSettings({ release: '16' });

    expect(siebel.baseUrl).toBe(newer.replace('/siebel/', '/siebel-rest/'));
    expect((await send('GET', '/heartbeat')).status).toBe(200);
    expect((await client.call(`${newer}/heartbeat`)).status).toBe(404);
    siebel.changeSettings();
  });
});
