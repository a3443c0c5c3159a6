import { existsSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { shelvesInFolder } from '../../../cli/sync/shelves.ts';

const folders = () => readdirSync(tmpdir()).filter((name) => name.startsWith('siebel-verify-'));

async function lines(shelf: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = [];
  for await (const line of shelf) all.push(line);
  return all;
}

describe('shelvesInFolder', () => {
  it('gives back what was put on each shelf, and leaves nothing behind', async () => {
    const before = new Set(folders());
    const shelves = await shelvesInFolder();
    const own = folders().filter((name) => !before.has(name));
    await shelves.put(3, ['one', 'two']);
    await shelves.put(127, ['other']);
    await shelves.put(3, ['three']);

    expect(await lines(shelves.take(3))).toEqual(['one', 'two', 'three']);
    expect(await lines(shelves.take(127))).toEqual(['other']);
    expect(await lines(shelves.take(4))).toEqual([]);
    await shelves.close();

    expect(own.length).toBeGreaterThan(0);
    expect(own.some((name) => existsSync(`${tmpdir()}/${name}/3.ndjson`))).toBe(false);
  });
});
