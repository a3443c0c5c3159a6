import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Integration } from '../../lib/operations/index.ts';
import * as vocabulary from '../../lib/operations/index.ts';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export function readPage(page: string): Promise<string> {
  return readFile(join(ROOT, page), 'utf8');
}

/** The code blocks of a page in this language; `''`: those that name none. */
export function blocks(text: string, language: string): string[] {
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].flatMap(([, found, code = '']) =>
    found === language ? [code] : [],
  );
}

/** A folder inside the repository, so that packages are found; for the time of one test file. */
export function sampleFolder(name: string) {
  const folder = join(ROOT, '.local', `${name}-${process.pid}`);
  return {
    folder,
    async write(file: string, code: string): Promise<string> {
      const path = join(folder, file);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, code);
      return path;
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Words of the vocabulary that `siebel.config.ts` is written in. */
export const WORDS: readonly string[] = Object.entries(vocabulary).flatMap(([name, value]) =>
  // For those who run and deploy the integration.
  typeof value === 'function' && !['derive', 'operationRunner'].includes(name) ? [name] : [],
);

/** A sample of `siebel.config.ts` with an import of its words, only of those that it uses; and of these names. */
export function withImports(code: string, names: readonly string[] = []): string {
  const used = [...WORDS.filter((word) => new RegExp(`\\b${word}\\(`).test(code)), ...names];
  return `import { ${used.join(', ')} } from './lib/operations/index.ts';\n${code}`;
}

/** The same with the address of the vocabulary as it is seen from a sample folder. */
export function fromSampleFolder(code: string): string {
  return code.replace("'./lib/operations/index.ts'", "'../../lib/operations/index.ts'");
}

export async function importIntegration(file: string): Promise<Integration> {
  const { default: integration } = (await import(file)) as { default: Integration };
  return integration;
}

/** A `curl` command of a page, and the answer that is printed below it; ` … ` there stands for what is left out. */
export interface CurlSample {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly body: string | undefined;
  /** Parts of the answer, in their order. */
  readonly answer: readonly string[];
}

/** Commands of the form `curl … "$API/<path>" … -d '<body>'`, each followed by one line of answer. */
export function curlSamples(text: string): CurlSample[] {
  return [...text.matchAll(/^curl -s (.*"\$API.*)\n(\{.*)$/gm)].map(([, command = '', answer = '']) => {
    const [, target = ''] = /"\$API([^"]*)"/.exec(command) ?? [];
    const [path = '', query = ''] = target.split('?');
    return {
      method: /-X ([A-Z]+)/.exec(command)?.[1] ?? 'GET',
      path,
      query,
      body: /-d '([^']*)'/.exec(command)?.[1],
      answer: answer.split(/ ?… ?/).filter(Boolean),
    };
  });
}
