import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SinkRun, SyncSink } from '../../lib/sync/sink.ts';

/**
 * A sink of one's own, as small as it can be: a file of lines for each chunk, in one folder. A file is valid once its name
 * ends in `.ndjson`.
 */
export function fileSink({ folder }: { readonly folder: string }): SyncSink {
  const store = async (name: string, lines: readonly string[]) => {
    await mkdir(folder, { recursive: true });
    const part = join(folder, `${name}.part`);
    await writeFile(part, `${lines.join('\n')}\n`);
    await rename(part, join(folder, `${name}.ndjson`));
    return `${name}.ndjson`;
  };

  return {
    recordsPerChunk: 1_000,

    open({ job, window, fence }: SinkRun) {
      let sequence = 0;
      const nextName = (kind: string) => {
        sequence += 1;
        return `${kind}-${job}-${window}-${fence}-${sequence}`;
      };

      return {
        chunk() {
          const name = nextName('records');
          let lines: string[] = [];
          return {
            async write(records) {
              lines.push(...records.map(({ line }) => line));
            },
            async close() {
              return lines.length === 0 ? [] : [await store(name, lines)];
            },
            async abort() {
              lines = [];
              await rm(join(folder, `${name}.part`), { force: true }).catch(() => undefined);
            },
          };
        },
        quarantine: ({ lines }) => store(nextName('quarantine'), lines),
      };
    },
  };
}

/** Lines of all valid files of a kind. */
export async function linesInFolder(folder: string, kind: 'records' | 'quarantine'): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  const files = names.filter((name) => name.startsWith(kind) && name.endsWith('.ndjson'));
  const texts = await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')));
  return texts.flatMap((text) => text.trimEnd().split('\n'));
}
