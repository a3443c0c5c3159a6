import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '..');

/** Outside parts and dangerous words, each with the one place that may use it. */
const DOORS = [
  { what: 'time and chance', only: /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(/, in: 'lib/clock.ts' },
  { what: 'the environment', only: /\bprocess\.env\b/, in: 'lib/config.ts' },
  { what: 'undici', only: /from 'undici'/, in: 'lib/http/' },
  { what: 'the Secrets Manager client', only: /@aws-sdk\/client-secrets-manager'/, in: 'lib/secrets/' },
  { what: 'the DynamoDB client', only: /@aws-sdk\/client-dynamodb'/, in: 'lib/state/' },
  { what: 'the SQS and EventBridge clients', only: /@aws-sdk\/client-(sqs|eventbridge)'/, in: 'lib/messaging/' },
  { what: 'the S3 client', only: /@aws-sdk\/client-s3'/, in: 'lib/sync/' },
  { what: 'Powertools', only: /@aws-lambda-powertools\//, in: 'lib/logger.ts' },
  { what: 'jose', only: /from 'jose'/, in: 'lib/api/' },
  { what: 'middy', only: /from '@middy\//, in: 'functions/' },
] as const;

/** From left to right: a room may use what stands to its right, and not its neighbours in the same place. */
const CHAIN: readonly (readonly string[])[] = [
  ['functions', 'cli'],
  ['queue', 'sync', 'api'],
  ['operations'],
  ['ledger'],
  ['siebel'],
  ['oauth'],
  ['http'],
];
/** Handed in from the top: they know the interfaces of the rooms that use them, as types, and nobody in lib knows them. */
const HANDED_IN = ['secrets', 'state', 'messaging'];
const LEAF = 'leaf';

interface Import {
  readonly file: string;
  readonly specifier: string;
  readonly typeOnly: boolean;
  /** Relative to the repository; undefined for a package. */
  readonly target: string | undefined;
}

describe('doors', () => {
  const sources = filesOf('lib', 'functions');

  it.each(DOORS)('has one door for $what, in $in', ({ only, in: door }) => {
    const found = sources.filter((file) => only.test(codeOf(file)));

    expect(found.filter((file) => !file.startsWith(door))).toEqual([]);
  });

  it('finds each word where its door is, so that a door that nobody uses any more is noticed', () => {
    const unused = DOORS.filter(
      ({ only, in: door }) => !sources.some((file) => file.startsWith(door) && only.test(codeOf(file))),
    );

    expect(unused.map(({ in: door }) => door)).toEqual([]);
  });

  it('loads nothing late: an import() would move work from the start into the first call', () => {
    expect(sources.filter((file) => /\bimport\(/.test(codeOf(file)))).toEqual([]);
  });

  it('takes zod as zod/mini, which is a twentieth of zod', () => {
    expect(importsOf('lib', 'functions').filter(({ specifier }) => /^zod(?!\/mini$)/.test(specifier))).toEqual([]);
  });

  it('takes a client class and commands of the SDK, never a client that holds every command', () => {
    const aggregates = /import \{[^}]*\b(SecretsManager|DynamoDB|SQS|S3|EventBridge)\b[^}]*\} from '@aws-sdk/;

    expect(sources.filter((file) => aggregates.test(codeOf(file)))).toEqual([]);
  });
});

describe('directions', () => {
  it('lets each room use only what stands to its right', () => {
    expect(importsOf('lib', 'functions').filter(isAgainstTheGrain).map(describeImport)).toEqual([]);
  });

  it('recognises an import against the grain', () => {
    const against = (file: string, target: string, typeOnly = false) =>
      isAgainstTheGrain({ file, specifier: target, target, typeOnly });

    expect(against('lib/http/client.ts', 'lib/oauth/access-token.ts')).toBe(true);
    expect(against('lib/queue/message.ts', 'lib/sync/run.ts')).toBe(true);
    expect(against('lib/siebel/client.ts', 'lib/secrets/client-credentials.ts')).toBe(true);
    expect(against('lib/siebel/client.ts', 'lib/state/table.ts', true)).toBe(true);
    expect(against('lib/errors.ts', 'lib/http/client.ts')).toBe(true);
    expect(against('lib/state/table.ts', 'lib/sync/run.ts')).toBe(true);
    expect(against('lib/state/table.ts', 'lib/sync/checkpoint.ts', true)).toBe(false);
    expect(against('lib/queue/settle-batch.ts', 'lib/ledger/parked-calls.ts')).toBe(false);
    expect(against('lib/oauth/token-request.ts', 'lib/http/client.ts')).toBe(false);
    expect(against('functions/runtime.ts', 'lib/state/table.ts')).toBe(false);
  });

  it('puts real parts together in functions/runtime.ts alone, and in files that it alone imports', () => {
    const imports = importsOf('functions');
    const isOfRuntime = (file: string) =>
      file === 'functions/runtime.ts' ||
      imports.filter(({ target }) => target === file).every((each) => each.file === 'functions/runtime.ts');
    const builders = imports.filter(({ target, typeOnly }) => !typeOnly && HANDED_IN.includes(roomOf(target ?? '')));

    expect(new Set(builders.map(({ file }) => file))).toContain('functions/runtime.ts');
    // A handler is imported by nobody.
    const handlers = filesOf('functions').filter((file) => /^export const handler\b/m.test(textOf(file)));
    expect(builders.filter(({ file }) => !isOfRuntime(file) || handlers.includes(file)).map(describeImport)).toEqual(
      [],
    );
  });

  it('keeps lib and functions away from stand-ins, tests, scripts and the command line', () => {
    const outside = importsOf('lib', 'functions').filter(({ target }) =>
      /^(local-stack|test|bench|scripts|infra|cli)\//.test(target ?? ''),
    );

    expect(outside.map(describeImport)).toEqual([]);
  });

  it('shares no code between the local stack and the product', () => {
    const shared = importsOf('local-stack').filter(({ target }) =>
      /^(lib|functions)\/|^siebel\.config/.test(target ?? ''),
    );

    expect(shared.map(describeImport)).toEqual([]);
  });

  it('lets infra use nothing of lib, and bench nothing of the local stack', () => {
    const wrong = [
      ...importsOf('infra').filter(({ target }) => target?.startsWith('lib/')),
      ...importsOf('bench').filter(({ target }) => target?.startsWith('local-stack/')),
    ];

    expect(wrong.map(describeImport)).toEqual([]);
  });

  it('lets siebel.config.ts import of the product the vocabulary alone', () => {
    const targets = importsIn('siebel.config.ts').map(({ target, specifier }) => target ?? specifier);

    expect(targets.filter((target) => /^(lib|functions)\//.test(target))).toEqual(['lib/operations/index.ts']);
  });
});

describe('files', () => {
  const sources = filesOf('lib', 'functions', 'local-stack', 'cli', 'scripts', 'bench', 'infra');
  const named = [...sources, ...filesOf('test')];

  it('stay within 300 lines, past which there is a second subject', () => {
    expect(sources.filter((file) => textOf(file).split('\n').length > 301)).toEqual([]);
  });

  it('are named in kebab case, and none is a drawer for anything', () => {
    const kebab = /^([a-z0-9-]+\/)*[a-z0-9-]+(\.test|\.d)?\.(ts|mjs|cjs)$/;

    expect(named.filter((file) => !kebab.test(file))).toEqual([]);
    expect(named.filter((file) => /(^|\/)(utils?|helpers?|common|misc)(\/|\.)/.test(file))).toEqual([]);
  });

  it('export by name', () => {
    const byDefault = filesOf('lib', 'functions').filter((file) => /^export default/m.test(textOf(file)));

    expect(byDefault).toEqual([]);
  });
});

function isAgainstTheGrain({ file, target, typeOnly }: Import): boolean {
  if (target === undefined || !target.startsWith('lib/')) return false;
  const from = roomOf(file);
  const to = roomOf(target);
  if (from === to || to === LEAF) return false;
  if (HANDED_IN.includes(from)) return !typeOnly;
  if (HANDED_IN.includes(to)) return from !== 'functions' && from !== 'cli';
  const place = (room: string) => CHAIN.findIndex((rooms) => rooms.includes(room));
  return place(from) === -1 || place(from) >= place(to);
}

/** `lib/siebel/client.ts` → `siebel`; `lib/clock.ts` → `leaf`; `functions/api.ts` → `functions`. */
function roomOf(file: string): string {
  const [top = '', second = '', third] = file.split('/');
  if (top !== 'lib') return top;
  return third === undefined ? LEAF : second;
}

function importsOf(...folders: string[]): Import[] {
  return filesOf(...folders).flatMap(importsIn);
}

function importsIn(file: string): Import[] {
  const statements =
    /\b(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?'([^']+)'|\brequire\('([^']+)'\)|\bimport\('([^']+)'\)/g;
  return [...textOf(file).matchAll(statements)].map(([statement, type, named, required, late]) => {
    const specifier = named ?? required ?? late ?? '';
    const names =
      /\{([^}]*)\}/
        .exec(statement)?.[1]
        ?.split(',')
        .filter((name) => name.trim() !== '') ?? [];
    const typeOnly = type !== undefined || (names.length > 0 && names.every((name) => name.trim().startsWith('type ')));
    const target = specifier.startsWith('.') ? relative(ROOT, join(ROOT, dirname(file), specifier)) : undefined;
    return { file, specifier, typeOnly, target };
  });
}

function describeImport({ file, specifier }: Import): string {
  return `${file} imports ${specifier}`;
}

/** Sources below the folders, by their path in the repository. */
function filesOf(...folders: string[]): string[] {
  return folders
    .flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
    )
    .filter((file) => /\.(ts|mjs|cjs)$/.test(file) && !file.includes('/out/'))
    .sort();
}

function textOf(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

/** Without comments, which may name what code may not use. */
function codeOf(file: string): string {
  return textOf(file).replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, '');
}
