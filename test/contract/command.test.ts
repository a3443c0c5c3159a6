import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Domain, startDomain } from '../local-stack/siebel-fixture.ts';
import { readOptions } from './options.ts';
import { profileWith, VANILLA } from './profile.ts';
import { type ContractStandIn, contractStandIn } from './stand-in.ts';
import { QUESTIONS } from './table.ts';

const MAIN = join(import.meta.dirname, 'main.ts');
const PROFILE = {
  renamed: { payload: 'Staff', component: 'Employees' },
  notEnabled: 'Quote',
  headers: { 'X-Acting-For': 'nobody' },
};

describe('npm run contract', () => {
  let domain: Domain;
  let standIn: ContractStandIn;
  let folder: string;
  let files: { token: string; secret: string; ca: string; profile: string };
  let printed = '';

  beforeAll(async () => {
    domain = await startDomain();
    standIn = await contractStandIn(domain, { emptyAnswer: '204' });
    folder = await mkdtemp(join(tmpdir(), 'contract-'));
    const file = async (name: string, text: string) => {
      await writeFile(join(folder, name), text);
      return join(folder, name);
    };
    files = {
      token: await file('token', `${standIn.token}\n`),
      secret: await file('secret', `${domain.identity.callerClient.secret}\n`),
      ca: await file('ca.pem', domain.caPem),
      profile: await file('profile.json', JSON.stringify(PROFILE)),
    };
  });
  afterAll(async () => {
    await Promise.all([standIn.close(), domain.identity.close(), rm(folder, { recursive: true, force: true })]);
  });

  /** Runs the command on the stand-in. */
  async function run(...argv: readonly string[]): Promise<{ code: number | null; out: string; err: string }> {
    const child = spawn(process.execPath, [MAIN, '--siebel', standIn.siebel.baseUrl, '--ca', files.ca, ...argv]);
    const [out, err, code] = await Promise.all([
      textOf(child.stdout),
      textOf(child.stderr),
      new Promise<number | null>((resolve) => child.once('close', resolve)),
    ]);
    printed += out + err;
    return { code, out, err };
  }

  it('shows what differs and what to set, says so by its exit code, and reads only', async () => {
    const { code, out, err } = await run(
      '--token-file',
      files.token,
      '--only',
      'empty,paging.offset,write',
      '--profile',
      files.profile,
    );
    const writes = standIn.siebel.requests().filter(({ method }) => method !== 'GET');

    expect(out).toMatch(/^empty\.no-rows +404 with the no-data text \[observed elsewhere\] +204 +differs$/m);
    expect(out).toMatch(/^paging\.offset +from zero \[documented\] +the same +holds$/m);
    expect(out).toMatch(/^write\.post-answer .* writes: give --write +skipped$/m);
    expect(out).toContain('stand-in          {"emptyAnswer":"204"}   (empty.no-rows, empty.uniform, empty.unknown-id)');
    expect(out).toMatch(/^\d+ questions: \d+ hold, 3 differ, \d+ cannot be told, \d+ skipped$/m);
    expect(err).toMatch(/^ *1\/\d+ {2}\S+ +\w+/m);
    expect([code, writes]).toEqual([1, []]);
  });

  it('signs in by itself, writes when told to, and leaves nothing behind', async () => {
    const before = standIn.siebel.records('Account').length;
    const signIn = [
      '--token-url',
      domain.identity.tokenUrl,
      '--scope',
      domain.identity.scope,
      '--client-id',
      domain.identity.callerClient.id,
    ];
    const { code, out } = await run(
      ...signIn,
      '--secret-file',
      files.secret,
      '--write',
      '--only',
      'write.partial,delete.answer',
      '--json',
    );

    expect(JSON.parse(out)).toMatchObject({
      questions: [
        { id: 'write.partial', verdict: 'holds', documented: 'kept', mark: 'D' },
        { id: 'delete.answer', verdict: 'holds' },
      ],
      leftBehind: [],
    });
    expect([code, standIn.siebel.records('Account').length]).toEqual([0, before]);
  });

  it.each([
    [
      'a wrong secret',
      () => [
        '--token-url',
        domain.identity.tokenUrl,
        '--scope',
        'x',
        '--client-id',
        'nobody',
        '--secret-file',
        files.secret,
      ],
      /^the token endpoint refused the request with HTTP 401: invalid_client$/m,
    ],
    [
      'a token that is none',
      () => ['--token-file', files.profile],
      /^Siebel answered 401: is the access token alive, and does its scope cover this\?$/m,
    ],
    [
      'an unknown component',
      () => ['--token-file', files.token, '--component', 'Account/Nothing'],
      /HTTP 500 SBL-EAI-50257: is Account\/Nothing the name, and is the object enabled for REST/,
    ],
    [
      'a component with other fields',
      () => ['--token-file', files.token, '--component', 'Contact/Contact'],
      /^Contact\/Contact shows no field "Name": name the fields of this component in a --profile \("key"\)$/m,
    ],
    [
      'a view mode that is none',
      () => ['--token-file', files.token, '--view-mode', 'Everything'],
      /may the user use the view mode Everything \(--view-mode\)/,
    ],
  ])('ends with exit code 2 and one clear line for %s', async (_what, argv, line) => {
    const { code, out, err } = await run(...argv());

    expect(err).toMatch(line);
    expect(err).not.toContain('    at ');
    expect([code, out]).toEqual([2, '']);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('ends early at %s, deletes what it has made, and says so', async (signal) => {
    const before = standIn.siebel.records('Account').length;
    const argv = [MAIN, '--siebel', standIn.siebel.baseUrl, '--ca', files.ca, '--token-file', files.token, '--write'];
    const child = spawn(process.execPath, argv);
    child.stderr.once('data', () => child.kill(signal));
    const [out, code] = await Promise.all([
      textOf(child.stdout),
      new Promise<number | null>((resolve) => child.once('close', resolve)),
    ]);

    expect(out).toContain('NOT FINISHED: stopped');
    expect([code, standIn.siebel.records('Account').length]).toEqual([1, before]);
  });

  it('says so when the certificate is not trusted', async () => {
    const child = spawn(process.execPath, [MAIN, '--siebel', standIn.siebel.baseUrl, '--token-file', files.token]);
    const err = await textOf(child.stderr);

    expect(err).toMatch(/is the authority of the certificate given with --ca\?/);
  });

  it('has printed neither the token nor the secret, nor a value of a record', () => {
    const [account] = standIn.siebel.records('Account', { Name: 'Harbour Supplies' });

    expect(printed).toContain('paging.offset');
    expect(printed).not.toContain(standIn.token);
    expect(printed).not.toContain(domain.identity.callerClient.secret);
    expect(account?.['Id']).toMatch(/^1-/);
    expect(printed).not.toContain(String(account?.['Id']));
    expect(printed).not.toContain('Harbour');
  });
});

describe('options of the contract command', () => {
  const read = (...argv: readonly string[]) => readOptions(argv, QUESTIONS);
  const SIEBEL = ['--siebel', 'https://siebel.example.com:9001/siebel/v1.0'];

  it('prints help and the list of questions without an address', () => {
    expect(read('--help')).toEqual({ print: expect.stringContaining('--token-file FILE') });
    const list = read('--list', '--only', 'sort') as { print: string };
    expect(list.print.split('\n').map((line) => line.split(' ')[0])).toEqual([
      'sort.directions',
      'sort.default-direction',
      'sort.blanks',
      'sort.unknown-field',
    ]);
  });

  it('reads an address, a profile of the defaults and all questions', () => {
    expect(read(...SIEBEL, '--token-file', 'x', '--component', 'Contact/Contact')).toMatchObject({
      run: {
        signIn: { tokenFile: 'x' },
        write: false,
        parallel: 2,
        timeoutMs: 30_000,
        questions: QUESTIONS,
        profile: { component: 'Contact/Contact', viewMode: 'All' },
      },
    });
  });

  it.each([
    [[], /--siebel is missing/],
    [['--siebel', 'http://siebel.example.com'], /begins with https/],
    [['--siebel', 'https://me:secret@siebel.example.com'], /no name or password/],
    [['--siebel', 'https://me@siebel.example.com'], /no name or password/],
    [SIEBEL, /--token-url, --scope, --client-id, --secret-file missing, or --token-file/],
    [[...SIEBEL, '--token-file', 'x', '--scope', 'y'], /one or the other/],
    [[...SIEBEL, '--token-file', 'x', '--only', 'nothing'], /no question or subject nothing/],
    [[...SIEBEL, '--token-file', 'x', '--parallel', '0'], /whole number from 1 to 20/],
    [[...SIEBEL, '--token-file', 'x', '--profile', '/nowhere.json'], /cannot be read \(ENOENT\)/],
    [[...SIEBEL, '--token-file', 'x', '--component', 'Account'], /<object>\/<component>/],
    [[...SIEBEL, '--nonsense'], /--nonsense/],
  ])('refuses %j', (argv, message) => {
    expect(() => read(...argv)).toThrow(message);
  });

  it('takes a profile that changes some names, and refuses members that it does not know', () => {
    expect(profileWith({ key: ['SR Number'] })).toEqual({ ...VANILLA, key: ['SR Number'], keyMore: [] });
    expect(() => profileWith({ keys: [] })).toThrow('has a member "keys" that is not known');
    expect(() => profileWith({ key: 'Name' })).toThrow('"key" must be a list');
    expect(() => profileWith([])).toThrow('is no JSON object');
  });

  it.each([
    [{ calls: { fail: {} } }, 'has a member "calls.fail" that is not known'],
    [{ calls: { failing: { path: 'Echo', input: {} } } }, '"calls.failing.path" must be service/<service>/<method>'],
    [{ calls: { failing: { path: 'service/A/B' } } }, 'has no member "calls.failing.input"'],
    [{ service: { pth: 'A/B' } }, 'has no member "service.path", "service.input"'],
    [{ child: { name: 1 } }, 'has no member "child.component"'],
    [{ key: [1] }, '"key" must hold texts only'],
    [{ workflow: { name: 7, input: {} } }, '"workflow.name" must be a string'],
  ])('looks into the members of the profile: %j', (profile, message) => {
    expect(() => profileWith(profile)).toThrow(message);
  });

  it('adds nothing to a key of the profile', () => {
    expect(profileWith({ key: ['Name'] }).keyMore).toEqual([]);
    expect(profileWith({ component: 'Account/Account' }).keyMore).toEqual(['Primary Organization', 'Organization']);
    expect(profileWith({ fill: { Type: 'Customer' }, headers: { 'X-A': 'b' } })).toMatchObject({
      fill: { Type: 'Customer' },
    });
  });
});

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += chunk;
  return text;
}
