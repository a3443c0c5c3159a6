import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_SETTINGS, type SiebelSettings } from '../../local-stack/siebel/settings.ts';
import { type Domain, type SiebelFixture, startDomain, startSiebelFixture } from './siebel-fixture.ts';
import { SETTING_CASES, type SettingCase } from './siebel-setting-cases.ts';

type AnyCase = SettingCase<keyof SiebelSettings>;

describe('Siebel stand-in, every setting', () => {
  let domain: Domain;
  let fixture: SiebelFixture;
  let counter = 0;

  beforeAll(async () => {
    domain = await startDomain();
    fixture = await startSiebelFixture(domain, { records: 60 });
  });
  beforeEach(async () => {
    // A login without end keeps its place.
    if (fixture.siebel.stats().inFlight > 0) {
      await fixture.close();
      fixture = await startSiebelFixture(domain, { records: 60 });
    }
    fixture.siebel.clearFaults();
    fixture.siebel.changeSettings();
  });
  afterAll(async () => {
    await fixture.close();
    domain.identity.close();
  });

  const observe = ({ observe: look }: AnyCase) => {
    counter += 1;
    return look(fixture, counter);
  };

  describe.each(Object.entries(SETTING_CASES) as [keyof SiebelSettings, AnyCase][])('%s', (name, each) => {
    const { value, beside = {}, seen } = each;
    const [byDefault, withValue] = seen;
    const changed = { ...beside, [name]: value };

    it('has a value here that is not the default', () => {
      expect(value).not.toEqual(DEFAULT_SETTINGS[name]);
      expect(withValue).not.toEqual(byDefault);
    });

    it('changes an answer when it is patched, and no longer when it is put back', async () => {
      fixture.siebel.changeSettings(beside);
      expect(await observe(each)).toEqual(byDefault);
      const patched = await fixture.control('PATCH', '/-/settings', changed);
      expect(patched.json().settings[name]).toEqual(value);
      expect(await observe(each)).toEqual(withValue);
      const restored = await fixture.control('DELETE', '/-/settings');
      expect(restored.json().settings[name]).toEqual(DEFAULT_SETTINGS[name] ?? null);
      fixture.siebel.changeSettings(beside);
      expect(await observe(each)).toEqual(byDefault);
    });

    it('changes an answer when a fault sets it for the request', async () => {
      fixture.siebel.addFault({ times: 0, fault: { settings: changed } });

      expect(await observe(each)).toEqual(withValue);
    });
  });
});
