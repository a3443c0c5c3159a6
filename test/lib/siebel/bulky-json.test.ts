import { describe, expect, it } from 'vitest';
import { isTooIntricate } from '../../../lib/siebel/bulky-json.ts';
import { cpuMsOf } from '../../support/cpu-time.ts';

const MIB = 1_048_576;
const LARGE = 'x'.repeat(300_000);
const bytes = (text: string) => Buffer.from(text);
const beside = (rest: string) => bytes(`{"Large":"${LARGE}",${rest}}`);

describe('isTooIntricate', () => {
  it.each<[string, Buffer]>([
    ['as many objects as a page with its children has', beside(`"items":[${'{"Id":"1"},'.repeat(49_990)}{}]`)],
    ['as many members', beside(`"a":[${'0,'.repeat(499_990)}0]`)],
    ['32 levels', beside(`"a":${'['.repeat(31)}${']'.repeat(31)}`)],
    ['brackets and commas inside texts', beside(`"a":"${'[{,'.repeat(600_000)}"`)],
    ['quotes and backslashes inside texts', beside(`"a":"${'\\"[,\\\\\\"{'.repeat(200_000)}"`)],
    ['a text that never ends', bytes(`{"a":"${'\\"'.repeat(200_000)}`)],
    ['anything in less than 256 KiB', bytes('['.repeat(262_144))],
  ])('lets pass %s', (_what, json) => expect(isTooIntricate(json)).toBe(false));

  it.each<[string, Buffer]>([
    ['more objects', beside(`"items":[${'{},'.repeat(150_001)}{}]`)],
    ['more arrays', beside(`"items":[${'[],'.repeat(150_001)}[]]`)],
    ['more members', beside(`"a":[${'0,'.repeat(500_001)}0]`)],
    ['more than 32 levels', beside(`"a":${'['.repeat(32)}${']'.repeat(32)}`)],
    ['what comes behind a text that ends in a backslash', beside(`"a":"\\\\","b":${'['.repeat(40)}`)],
  ])('finds %s', (_what, json) => expect(isTooIntricate(json)).toBe(true));

  it.each<[string, string]>([
    ['nests', '{"a":'],
    ['empty objects', '{},'],
    ['keys', '"k":0,'],
    ['short texts', '""'],
    ['backslashes', '"\\\\\\\\\\\\\\\\'],
    ['quotes', '\\"'],
    ['white space', ' '],
  ])('takes little time over 8 MiB of %s', (_what, part) => {
    const json = bytes(part.repeat(Math.floor((8 * MIB) / part.length)));
    expect(cpuMsOf(() => isTooIntricate(json))).toBeLessThan(1_000);
  });
});
