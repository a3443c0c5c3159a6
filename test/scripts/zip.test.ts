import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { unzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { zip } from '../../scripts/zip.ts';

const text = (content: string) => new TextEncoder().encode(content);

describe('zip', () => {
  it('holds the files as they are', () => {
    const unzipped = unzipSync(zip({ 'index.mjs': text('export {}'), 'certs/siebel.pem': text('-----BEGIN') }));

    expect(Object.keys(unzipped).sort()).toEqual(['certs/siebel.pem', 'index.mjs']);
    expect(new TextDecoder().decode(unzipped['index.mjs'])).toBe('export {}');
  });

  it('is the same in whatever order the files are named', () => {
    expect(zip({ a: text('1'), b: text('2') })).toEqual(zip({ b: text('2'), a: text('1') }));
  });

  it('is the same in every time zone', () => {
    const program = `
      import { createHash } from 'node:crypto';
      import { zip } from ${JSON.stringify(new URL('../../scripts/zip.ts', import.meta.url).href)};
      process.stdout.write(createHash('sha256').update(zip({ a: Buffer.from('1') })).digest('hex'));`;
    const hashIn = (TZ: string) =>
      execFileSync(process.execPath, ['--input-type=module', '-e', program], {
        env: { ...process.env, TZ },
        encoding: 'utf8',
      });

    const hashes = ['UTC', 'Pacific/Kiritimati', 'America/Los_Angeles'].map(hashIn);

    expect(new Set(hashes)).toEqual(
      new Set([
        createHash('sha256')
          .update(zip({ a: text('1') }))
          .digest('hex'),
      ]),
    );
  });

  it('marks its files as plain ones that everybody may read', () => {
    const archive = Buffer.from(zip({ 'index.mjs': text('export {}') }));
    const entry = archive.indexOf(Buffer.from([0x50, 0x4b, 0x01, 0x02]));

    expect(archive[entry + 5]).toBe(3); // made on Unix
    expect(archive.readUInt32LE(entry + 38) >>> 16).toBe(0o100644);
  });
});
