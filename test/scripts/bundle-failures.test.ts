import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
const SOURCES = ['functions', 'infra', 'lib', 'package.json', 'scripts', 'serverless.yml', 'siebel.config.ts'];

// Each of these is a whole build.
vi.setConfig({ testTimeout: 60_000 });

let project: string;

beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'project-'));
  for (const source of SOURCES) cpSync(join(ROOT, source), join(project, source), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(project, 'node_modules'));
});
afterEach(() => rmSync(project, { recursive: true, force: true }));

function edit(path: string, right: string | RegExp, wrong: string): void {
  const before = readFileSync(join(project, path), 'utf8');
  const after = before.replace(right, wrong);
  expect(after).not.toBe(before);
  writeFileSync(join(project, path), after);
}

function run(command: string, ...given: string[]): Promise<{ code: number; output: string; errors: string }> {
  return new Promise((ended) => {
    const child = execFile(process.execPath, [join(project, command), ...given], (_, output, errors) =>
      ended({ code: child.exitCode ?? -1, output, errors }),
    );
  });
}

describe('scripts/bundle.ts', () => {
  it('says what siebel.config.ts got wrong, and nothing about this program', async () => {
    edit('siebel.config.ts', /siebelConnections: \d+/, 'siebelConnections: 1');

    const { code, errors } = await run('scripts/bundle.ts');

    expect(code).toBe(1);
    expect(errors).toMatch(/^The build failed: siebel\.config\.ts: capacity: .+\n$/);
  });

  it('says so of a job that goes nowhere', async () => {
    edit('siebel.config.ts', "to: s3('contacts')", 'to: undefined as never');

    const { code, errors } = await run('scripts/bundle.ts');

    expect(code).toBe(1);
    expect(errors).toMatch(/^The build failed: siebel\.config\.ts: sync\.contacts\.to: is none of s3.+\n$/);
  });

  it('says where a source cannot be read, once', async () => {
    edit('siebel.config.ts', 'export default', 'export default {{');

    const { code, errors } = await run('scripts/bundle.ts');

    expect(code).toBe(1);
    expect(errors).toMatch(/^The build failed: Build failed with \d errors?:\nsiebel\.config\.ts:\d+:\d+: ERROR: /);
    expect(errors).not.toContain('    at ');
    expect(errors.match(/siebel\.config\.ts:\d+/g)).toHaveLength(1);
  });

  it('keeps the stack of what is nobody’s setting', async () => {
    edit('siebel.config.ts', 'export default', "JSON.parse('{');\nexport default");

    const { code, errors } = await run('scripts/bundle.ts');

    expect(code).toBe(1);
    expect(errors).toMatch(/SyntaxError: .*(\n {4}at .*)*siebel\.config\.ts:\d+/);
  });
});

describe('scripts/package.ts', () => {
  it('says what siebel.config.ts got wrong in the same words', async () => {
    edit('siebel.config.ts', /siebelConnections: \d+/, 'siebelConnections: 1');

    const { code, errors } = await run('scripts/package.ts');

    expect(code).toBe(1);
    expect(errors).toMatch(/^The build failed: siebel\.config\.ts: capacity: .+\n$/);
  });

  it('ends in 1 with misspelt and malformed parameters, and leaves nothing to deploy', async () => {
    const { code, errors } = await run('scripts/package.ts', '--param', 'siebelTimeoutMS=5', '--param', 'logLevel=no');

    expect({ code, errors }).toEqual({
      code: 1,
      errors:
        'The build failed: the settings of the stage:\n' +
        '  parameter siebelTimeoutMS is unknown; the closest is siebelTimeoutMs\n' +
        '  parameter logLevel is not a level like INFO, in capitals\n',
    });
    expect(existsSync(join(project, '.serverless'))).toBe(false);
  });

  it('ends in 1 with an option that it does not have', async () => {
    expect(await run('scripts/package.ts', '--stag', 'prod')).toMatchObject({
      code: 1,
      errors: expect.stringMatching(/^The build failed: Unknown option '--stag'.*\n$/),
    });
  });

  it('tells that a stage has no block of its own, and which settings are unset', async () => {
    const { code, output } = await run('scripts/package.ts', '--stage', 'nope');

    expect(code).toBe(0);
    expect(output).toMatch(/^stage {6}nope \(has no block of its own below params in serverless\.yml\)$/m);
    expect(output).toMatch(/^to be set {2}API_TOKEN_AUDIENCE, API_TOKEN_KEYS_URL, SIEBEL_BASE_URL, /m);
  });
});
