import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { cliSettings, type Needed, SIEBEL_NEEDED } from '../../cli/settings.ts';
import { openSiebel } from '../../cli/siebel.ts';
import { DEFAULT_CAPACITY } from '../../lib/operations/capacity.ts';
import { fakeClock } from '../support/fake-clock.ts';

const ENV = {
  SIEBEL_BASE_URL: 'https://siebel.example.com:9001/siebel/v1.0',
  TOKEN_URL: 'https://idcs-1.identity.example.com/oauth2/v1/token',
  TOKEN_SCOPE: 'data',
  CLIENT_SECRET_ID: 'siebel/credentials',
};
const root = mkdtempSync(join(tmpdir(), 'siebel-cli-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const read = (env: object, needed: readonly Needed[] = SIEBEL_NEEDED) =>
  cliSettings(needed, {}, { env: { ...env }, root });
const open = (env: object, tools = 1) =>
  openSiebel(read(env), { capacity: { ...DEFAULT_CAPACITY, tools }, site: {} }, fakeClock());

describe('the settings of a command that calls Siebel', () => {
  it('are named all at once when they are missing, without options that do not exist', () => {
    expect(() => read({})).toThrow(
      'SIEBEL_BASE_URL is missing: set the variable; TOKEN_URL is missing: set the variable; TOKEN_SCOPE is missing: set ' +
        'the variable; CLIENT_SECRET_ID is missing: set the variable. For the local stack that npm start runs: --local',
    );
  });

  it('are those of the functions, with their defaults', () => {
    const { values, tuning } = read({ ...ENV, SYNC_LOOKBACK_SECONDS: '900', SIEBEL_CA_FILE: 'certs/siebel.pem' });
    expect(values).toEqual(ENV);
    expect(tuning).toMatchObject({
      ...{ SYNC_LOOKBACK_SECONDS: 900, SYNC_SAFETY_LAG_SECONDS: 60, TOKEN_CLIENT_AUTHENTICATION: 'basic' },
      // As it is packaged: below the project's folder.
      SIEBEL_CA_FILE: join(root, 'certs/siebel.pem'),
    });
  });

  it('must be right, but for a command that does not call Siebel', () => {
    const wrong = { ...ENV, STATE_TABLE: 'state', SIEBEL_TIMEOUT_MS: 'long', SIEBEL_BASE_URL: 'http://siebel' };
    expect(() => read(wrong)).toThrow(/SIEBEL_BASE_URL is not an https URL.*SIEBEL_TIMEOUT_MS is not a whole number/);
    expect(read(wrong, ['STATE_TABLE']).tuning.SIEBEL_TIMEOUT_MS).toBe(20_000);
  });

  it('do not go with switches that weaken TLS (R59)', () => {
    expect(() => read({ ...ENV, NODE_TLS_REJECT_UNAUTHORIZED: '0' })).toThrow(/NODE_TLS_REJECT_UNAUTHORIZED/);
  });
});

describe('openSiebel', () => {
  it('opens nothing before the first call', () => {
    expect(open(ENV).maxPageSize).toBe(100);
  });

  it('is refused when the capacity plan keeps no connection for it (R49)', () => {
    expect(() => open(ENV, 0)).toThrow(expect.objectContaining({ code: 'NO_CONNECTION_PLANNED', exitCode: 1 }));
  });

  it('names an authority that cannot be read', async () => {
    await writeFile(join(root, 'siebel.pem'), 'pem');
    const missing = open.bind(undefined, { ...ENV, SIEBEL_CA_FILE: 'siebel.pem', TOKEN_CA_FILE: 'nothing.pem' });
    expect(missing).toThrow(expect.objectContaining({ code: 'UNREADABLE_FILE', exitCode: 2 }));
    expect(missing).toThrow(/nothing\.pem cannot be read \(ENOENT\)/);
  });
});
