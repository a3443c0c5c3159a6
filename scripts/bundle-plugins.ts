import { readFile } from 'node:fs/promises';
import { builtinModules, createRequire } from 'node:module';
import type { Plugin } from 'esbuild';

/** Folder of the repository, where entries of bundles are resolved. */
const ROOT = new URL('..', import.meta.url).pathname;
const BUILTINS = new Set(builtinModules.flatMap((name) => [name, `node:${name}`]));

/**
 * Node's modules by `process.getBuiltinModule` instead of `import`.
 *
 * An ESM import of `node:http` reads every getter of that module, and three of them load Node's built-in undici: the
 * start of an otherwise empty function takes twice as long.
 */
export const builtinsByRequire: Plugin = {
  name: 'builtins-by-require',
  setup(build) {
    build.onResolve({ filter: /^[a-z_:/0-9]+$/ }, ({ path, kind }) => {
      if (!BUILTINS.has(path)) return undefined;
      if (kind === 'require-call') return { path, external: true };
      return { path: path.replace(/^node:/, ''), namespace: 'builtin' };
    });
    build.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule('node:${path}')`,
    }));
  },
};

/**
 * undici reduced to its pool over HTTP/1.1: a third of the bytes and a sixth of the loading time of the whole.
 *
 * Sources say `import { Pool } from 'undici'`, typed and public; only the bundle knows this layout. It is undici's inside,
 * so its version is pinned, and test/scripts/bundled-http.test.ts sends a request through what is built.
 */
export const undiciLean: Plugin = {
  name: 'undici-lean',
  setup(build) {
    build.onResolve({ filter: /^undici$/ }, ({ resolveDir }) => ({
      path: 'undici',
      namespace: 'undici-lean',
      pluginData: resolveDir,
    }));
    build.onLoad({ filter: /.*/, namespace: 'undici-lean' }, ({ pluginData }) => ({
      resolveDir: pluginData,
      contents: `export { default as Pool } from 'undici/lib/dispatcher/pool.js';`,
    }));
    build.onResolve({ filter: /(client-h2|llhttp-wasm|\/web\/[a-z/]+)(\.js)?$/ }, ({ path, importer }) =>
      /node_modules[\\/]undici[\\/]/.test(importer) ? { path, namespace: 'left-out' } : undefined,
    );
    // Of the parser's tables, what its own side of the bundle reads: the rest is for other programs.
    build.onLoad({ filter: /undici[\\/]lib[\\/]llhttp[\\/]constants\.js$/ }, ({ path }) => {
      const { ERROR, TYPE } = createRequire(path)(path);
      return { contents: `module.exports = ${JSON.stringify({ ERROR, TYPE })};` };
    });
    build.onLoad({ filter: /.*/, namespace: 'left-out' }, ({ path }) => ({ contents: leftOut(path) }));
  },
};

/** What stands for a part of undici that is not in the bundle. Whoever needs it after all gets a clear error. */
function leftOut(path: string): string {
  const refuse = `throw new Error('${path} of undici is not in this bundle');`;
  if (path.includes('llhttp-wasm')) return refuse;
  if (path.includes('client-h2')) return `module.exports = () => { ${refuse} };`;
  // Asked of every body that is no text, stream or bytes: whether it is a form, which nobody sends here.
  if (path.includes('webidl')) return 'module.exports = { webidl: { is: { FormData: () => false } } };';
  if (path.includes('formdata')) return 'module.exports = {};';
  return `module.exports = { extractBody() { ${refuse} } };`;
}

/**
 * AWS clients without what our commands never reach: event streams, endpoint discovery, classes of errors, a SHA-256 beside
 * Node's, and manifests of which only the version is read.
 */
export const awsLean: Plugin = {
  name: 'aws-lean',
  setup(build) {
    build.onResolve({ filter: /^@smithy\/core\/event-streams$/ }, ({ path, kind }) =>
      kind === 'dynamic-import' ? { path, namespace: 'aws-lean' } : undefined,
    );
    build.onResolve({ filter: /^@aws-sdk\/middleware-endpoint-discovery$/ }, ({ path }) => ({
      path,
      namespace: 'aws-lean',
    }));
    build.onLoad({ filter: /event-streams$/, namespace: 'aws-lean' }, () => ({
      contents: `throw new Error('event streams are not in this bundle');`,
    }));
    // Off unless a setting switches it on, and then for DynamoDB alone.
    build.onLoad({ filter: /endpoint-discovery$/, namespace: 'aws-lean' }, () => ({
      contents: `
        const off = () => false;
        export const NODE_ENDPOINT_DISCOVERY_CONFIG_OPTIONS = {
          environmentVariableSelector: off, configFileSelector: off, default: false,
        };
        export const resolveEndpointDiscoveryConfig = (config) => config;`,
    }));
    build.onLoad(
      { filter: /client-(dynamodb|eventbridge|s3|secrets-manager|sqs)[\\/].*[\\/]schemas_0\.js$/ },
      async ({ path }) => ({
        contents: leanSchemas(await readFile(path, 'utf8')),
      }),
    );
    build.onLoad({ filter: /signature-v4[\\/]dist-es[\\/]HeaderFormatter\.js$/ }, () => ({
      contents: `export class HeaderFormatter { format() { throw new Error('event streams are not in this bundle'); } }`,
    }));
    // For machines whose Node has no SHA-256 of its own.
    build.onLoad({ filter: /@smithy[\\/]core[\\/].*[\\/]Sha256Js\.js$/ }, () => ({
      contents: `export class Sha256Js { constructor() { throw new Error('SHA-256 in JavaScript is not in this bundle'); } }`,
    }));
    build.onLoad({ filter: /@aws-sdk[\\/]client-[a-z0-9-]+[\\/]package\.json$/ }, async ({ path }) => {
      const { version } = JSON.parse(await readFile(path, 'utf8'));
      return { contents: JSON.stringify({ version }), loader: 'json' };
    });
  },
};

/**
 * The schemas of a client so that those of other commands can be left out: without the errors, which are told apart by their
 * names and have them without a class of their own; and without computed keys, as `{ [_e]: _c }`, which might do anything.
 */
function leanSchemas(source: string): string {
  const texts = new Map([...source.matchAll(/^const (_\w+) = ("[^"\\]*");$/gm)].map(([, name, text]) => [name, text]));
  return source
    .replace(/^n0_registry\.registerError\(.*\);$/gm, '')
    .replace(/\[(_\w+)\]:/g, (key, name) => (texts.has(name) ? `${texts.get(name)}:` : key));
}

/** Modules that send records of a sync to a kind of target, and what they export. */
const SENDERS = [
  { kind: 'sqs', file: /lib[\\/]messaging[\\/]send-batch\.ts$/, name: 'sendBatch' },
  { kind: 'eventbridge', file: /lib[\\/]messaging[\\/]put-events\.ts$/, name: 'putEvents' },
] as const;

/**
 * Leaves out what sends records to kinds of targets that no sync job has.
 *
 * @param kinds That jobs have; undefined leaves everything in.
 */
export function usedSinks(kinds: ReadonlySet<string> | undefined): Plugin {
  return {
    name: 'used-sinks',
    setup(build) {
      for (const { kind, file, name } of SENDERS) {
        if (!kinds || kinds.has(kind)) continue;
        const refusal = `no sync job goes to ${kind}: it is not in this bundle`;
        build.onLoad({ filter: file }, () => ({
          contents: `export function ${name}() { throw new Error('${refusal}'); }`,
        }));
      }
    },
  };
}

/** Functions whose first call needs an access token of ours. */
const CALLERS_OF_SIEBEL = new Set(['queue', 'schedule', 'api', 'backfill']);

/**
 * What a zip starts with: the handler of `functions/<name>.ts`, and an awaited warm-up. Lambda gives the start-up a whole
 * CPU, and the first call only a share, so the first access token is fetched in the start-up.
 */
export const warmEntry: Plugin = {
  name: 'warm-entry',
  setup(build) {
    build.onResolve({ filter: /^warm:/ }, ({ path }) => ({ path: path.slice('warm:'.length), namespace: 'warm' }));
    build.onLoad({ filter: /.*/, namespace: 'warm' }, ({ path: name }) => {
      const handler = `export { handler } from './functions/${name}.ts';`;
      const warmUp = `
        import { ${name}, warmUp } from './functions/runtime.ts';
        await warmUp(${name});`;
      return { resolveDir: ROOT, contents: CALLERS_OF_SIEBEL.has(name) ? handler + warmUp : handler };
    });
  },
};
