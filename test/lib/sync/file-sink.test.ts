import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileSink, linesInFolder } from '../../support/file-sink.ts';
import { sinkContract } from '../../support/sink-contract.ts';

sinkContract('a sink of files', async () => {
  const parent = await mkdtemp(join(tmpdir(), 'file-sink-'));
  const folder = join(parent, 'output');
  return {
    sink: fileSink({ folder }),
    taken: () => linesInFolder(folder, 'records'),
    quarantined: () => linesInFolder(folder, 'quarantine'),
    // A file in the place of the folder.
    breakDown: () => writeFile(folder, ''),
    mend: () => rm(folder),
    close: () => rm(parent, { recursive: true }),
  };
});
