import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalHash } from '../../../lib/ledger/payload-hash.ts';

const SEED = Number(process.env['SEED'] ?? 20_261);

describe('the hash of a payload', () => {
  it.each([
    [{ b: 1, a: 'x' }, '{"a":"x","b":1}'],
    [{ a: [{ d: null, c: true }, 1.5] }, '{"a":[{"c":true,"d":null},1.5]}'],
    [{ '10': 1, '9': 2, é: 3, Z: 4 }, '{"10":1,"9":2,"Z":4,"é":3}'],
    [{ a: 'line\n"quoted"' }, '{"a":"line\\n\\"quoted\\""}'],
    [{}, '{}'],
    [{ a: undefined, b: [undefined] }, '{"b":[null]}'],
  ])('of %j is that of its canonical text (R05)', (input, canonical) => {
    expect(canonicalHash(input)).toBe(createHash('sha256').update(canonical).digest('hex'));
  });

  it('sorts by code unit, in which the halves of a character beyond the basic plane come before U+E000', () => {
    const canonical = '{"\u{1f41f}":1,"\ue000":2}';

    expect(canonicalHash({ '\ue000': 2, '\u{1f41f}': 1 })).toBe(createHash('sha256').update(canonical).digest('hex'));
  });

  it('does not change with the order of members, and changes with every value', () => {
    const rearranged = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(rearranged);
      if (typeof value !== 'object' || value === null) return value;
      return Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([name, member]) => [name, rearranged(member)]),
      );
    };
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        expect(canonicalHash(rearranged(value))).toBe(canonicalHash(value));
        expect(canonicalHash(JSON.parse(JSON.stringify(value, null, 2)))).toBe(canonicalHash(value));
        expect(canonicalHash([value, 1])).not.toBe(canonicalHash([value, 2]));
      }),
      { numRuns: 10_000, seed: SEED },
    );
  });
});
