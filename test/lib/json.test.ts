import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { isObject, JsonError, parseJson, pointerTo } from '../../lib/json.ts';

describe('parseJson: what it accepts', () => {
  it('gives what JSON.parse gives for every value within its limits', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.constantFrom(0, 1, '\t'), (value, space) => {
        const text = JSON.stringify(value, null, space);
        const outcome = attempt(() => parseJson(text));
        if (outcome instanceof JsonError) expect(isRefusable(text), outcome.message).toBe(true);
        else expect(outcome).toEqual(JSON.parse(text));
      }),
      { numRuns: 5_000 },
    );
  });

  it('refuses what JSON.parse refuses, and never throws anything but its own error', () => {
    const almostJson = fc
      .array(
        fc.constantFrom(
          '{',
          '}',
          '[',
          ']',
          ',',
          ':',
          '"',
          '"a"',
          '"b"',
          '\\',
          '\\u00',
          '1',
          '-',
          '.',
          'e',
          '0',
          'true',
          'nul',
          ' ',
          '\n',
          '\ufeff',
          'é',
        ),
        { maxLength: 14 },
      )
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.oneof(almostJson, fc.string({ unit: 'binary' })), (text) => {
        const ours = attempt(() => parseJson(text));
        const theirs = attempt(() => JSON.parse(text));
        if (ours instanceof Error) expect(ours).toBeInstanceOf(JsonError);
        if (theirs instanceof Error) expect(ours).toBeInstanceOf(JsonError);
      }),
      { numRuns: 20_000 },
    );
  });

  it('takes bytes in UTF-8', () => {
    expect(parseJson(Buffer.from('{"Name":"Zürich 東京 🎈"}'))).toEqual({ Name: 'Zürich 東京 🎈' });
  });

  it('understands every escape, and keeps other text as it is', () => {
    const text = '"\\"\\\\\\/\\n\\r\\t\\u00e9\\ud83c\\udf88\u007f\u0085\u200b\ufdd0 e\u0301"';

    expect(parseJson(text)).toBe('"\\/\n\r\té🎈\u007f\u0085\u200b\ufdd0 e\u0301');
  });

  it('keeps members named like those of every object as own members, without touching the prototype', () => {
    const parsed = parseJson('{"__proto__":{"polluted":true},"constructor":1,"toString":2}') as object;

    expect(Object.entries(parsed)).toEqual([
      ['__proto__', { polluted: true }],
      ['constructor', 1],
      ['toString', 2],
    ]);
    expect(Object.getPrototypeOf(parsed)).toBe(Object.prototype);
    expect({}).not.toHaveProperty('polluted');
  });

  it.each([
    ['32 levels', `${'['.repeat(32)}${']'.repeat(32)}`],
    ['1 000 members', JSON.stringify(Object.fromEntries(Array.from({ length: 1_000 }, (_, key) => [`k${key}`, key])))],
    ['an array of 5 000', JSON.stringify(Array.from({ length: 5_000 }, (_, item) => item))],
    ['a text of 65 536 characters', JSON.stringify('x'.repeat(65_536))],
    ['the greatest exact number', '9007199254740991'],
    ['the least exact number', '-9007199254740991'],
  ])('accepts %s', (_, text) => {
    expect(parseJson(text)).toEqual(JSON.parse(text));
  });

  it('takes limits of its caller', () => {
    expect(() => parseJson('[[1]]', { maxDepth: 1 })).toThrow(JsonError);
    expect(() => parseJson('{"a":1,"b":2}', { maxKeys: 1 })).toThrow(JsonError);
    expect(() => parseJson('"abc"', { maxStringLength: 2 })).toThrow(JsonError);
    expect(parseJson('[1e999,-9007199254740993]', { anyNumber: true })).toEqual([
      Number.POSITIVE_INFINITY,
      -9007199254740992,
    ]);
  });
});

describe('parseJson: what it refuses', () => {
  it.each([
    ['nothing (K01)', '', 'EMPTY_BODY', ''],
    ['blanks', ' \t\r\n', 'EMPTY_BODY', ''],
    ['no bytes', Buffer.alloc(0), 'EMPTY_BODY', ''],
    ['a byte order mark', '\ufeff{}', 'BAD_JSON', ''],
    ['a byte order mark in bytes', Buffer.from('\ufeff{}'), 'BAD_JSON', ''],
    ['bytes that are not UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'BAD_JSON', ''],
    ['overlong UTF-8', Buffer.from([0x22, 0xc0, 0xaf, 0x22]), 'BAD_JSON', ''],
    ['a surrogate in UTF-8', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), 'BAD_JSON', ''],
    ['UTF-16', Buffer.from('{"a":1}', 'utf16le'), 'BAD_JSON', ''],
    ['two documents', '{}{}', 'BAD_JSON', ''],
    ['text behind it', '{} x', 'BAD_JSON', ''],
    ['a comment', '{/* */}', 'BAD_JSON', ''],
    ['a comma too many', '{"a":1,}', 'BAD_JSON', ''],
    ['another comma too many', '[1,]', 'BAD_JSON', '/1'],
    ['single quotes', "{'a':1}", 'BAD_JSON', ''],
    ['a name without quotes', '{a:1}', 'BAD_JSON', ''],
    ['an end inside a text', '{"input":{"Name":"Ac', 'BAD_JSON', '/input/Name'],
    ['an end inside a name', '{"inp', 'BAD_JSON', ''],
    ['a leading zero', '[01]', 'BAD_JSON', ''],
    ['a plus', '+1', 'BAD_JSON', ''],
    ['NaN', '{"a":NaN}', 'BAD_JSON', '/a'],
    ['Infinity', '-Infinity', 'BAD_JSON', ''],
    ['an unknown escape', '"\\x41"', 'BAD_JSON', ''],
    ['a short escape', '"\\u12"', 'BAD_JSON', ''],
    ['a line feed as it is in a text', '"a\nb"', 'BAD_JSON', ''],
    ['a name twice (K03)', '{"input":{"Name":1,"Name":2}}', 'DUPLICATE_KEY', '/input/Name'],
    ['a name twice in other spelling', '{"a":1,"\\u0061":1}', 'DUPLICATE_KEY', '/a'],
    ['__proto__ twice', '{"__proto__":1,"__proto__":2}', 'DUPLICATE_KEY', '/__proto__'],
    ['33 levels (K05)', `${'['.repeat(33)}${']'.repeat(33)}`, 'TOO_DEEP', '/0'.repeat(32)],
    ['levels without end', '{"a":'.repeat(100_000), 'TOO_DEEP', '/a'.repeat(32)],
    ['a text too long', JSON.stringify({ a: 'x'.repeat(65_537) }), 'TOO_LONG', '/a'],
    ['a text too long by escapes', `"${'\\u0041'.repeat(65_537)}"`, 'TOO_LONG', ''],
    ['a name too long', `{"${'x'.repeat(65_537)}":1}`, 'TOO_LONG', ''],
    ['a NUL (K06)', '{"input":{"Na/me~":"a\\u0000b"}}', 'BAD_CHARACTER', '/input/Na~1me~0'],
    ['a NUL as it is', '"a\u0000b"', 'BAD_CHARACTER', ''],
    ['a control character', '"\\u001b[31m"', 'BAD_CHARACTER', ''],
    ['a form feed', '"\\f"', 'BAD_CHARACTER', ''],
    ['a backspace', '"\\b"', 'BAD_CHARACTER', ''],
    ['a control character in a name', '{"a\\u0007":1}', 'BAD_CHARACTER', ''],
    ['the first half of a pair', '"\\ud83c"', 'BAD_CHARACTER', ''],
    ['the second half of a pair', '"\\udf88"', 'BAD_CHARACTER', ''],
    ['halves in the wrong order', '"\\udf88\\ud83c"', 'BAD_CHARACTER', ''],
    ['half a pair as it is', '"\ud83c"', 'BAD_CHARACTER', ''],
    ['a number beyond exactness (K02)', '{"a":9007199254740992}', 'BAD_NUMBER', '/a'],
    ['a number without end', '[1,1e999]', 'BAD_NUMBER', '/1'],
    ['a negative one', '-1e400', 'BAD_NUMBER', ''],
  ] as const)('refuses %s', (_, source, code, pointer) => {
    const failure = attempt(() => parseJson(source));

    expect(failure).toBeInstanceOf(JsonError);
    expect(failure).toMatchObject({ code, pointer });
  });

  it('refuses an object of 1 001 members', () => {
    const members = Object.fromEntries(Array.from({ length: 1_001 }, (_, key) => [`k${key}`, key]));

    expect(attempt(() => parseJson(JSON.stringify({ a: members })))).toMatchObject({
      code: 'TOO_MANY_FIELDS',
      pointer: '/a',
    });
  });

  it('repeats nothing of the text in its message, and cuts a long pointer', () => {
    const canary = 'c4n4ry';
    const failure = attempt(() => parseJson(`{"${'k'.repeat(60_000)}":{"a":"${canary}\\u0000"}}`)) as JsonError;

    expect(failure.message).not.toContain(canary);
    expect(failure.pointer.length).toBeLessThan(210);
  });

  it.each([
    ['one long text', () => `"${'x'.repeat(1_000_000)}`],
    ['a long number', () => `[${'1'.repeat(1_000_000)}`],
    ['many escapes', () => `["${'\\n'.repeat(30_000)}","${'\\n'.repeat(30_000)}", `.repeat(8)],
    ['many blanks', () => ' '.repeat(1_000_000)],
    ['many members', () => `[${`{${Array.from({ length: 999 }, (_, key) => `"k${key}":${key}`).join()}},`.repeat(90)}`],
    ['many arrays', () => '[[],'.repeat(30) + '[],'.repeat(300_000)],
  ])('refuses a megabyte of %s without trouble (R61)', (_, make) => {
    expect(() => parseJson(make())).toThrow(JsonError);
  });
});

describe('pointerTo', () => {
  it('escapes names, and tells an index by its number (RFC 6901)', () => {
    expect(pointerTo(['input', 'a/b~c', 0])).toBe('/input/a~1b~0c/0');
    expect(pointerTo([])).toBe('');
  });

  it('cuts what anybody may have made long', () => {
    expect(pointerTo(['x'.repeat(65_536), 'y'])).toBe(`/${'x'.repeat(199)}…`);
  });
});

describe('isObject', () => {
  it.each([
    [{}, true],
    [{ a: 1 }, true],
    [[], false],
    [null, false],
    ['{}', false],
    [undefined, false],
  ])('of %j is %j', (value, expected) => {
    expect(isObject(value)).toBe(expected);
  });
});

function attempt(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return error;
  }
}

/** Whether a text that JSON.parse accepts holds something that is refused here, judged by other means. */
function isRefusable(text: string): boolean {
  let refusable = /\\u(d[89a-f]|00[01])|\\[bf]/i.test(text);
  JSON.parse(text, (_, value) => {
    if (typeof value === 'number' && !(Math.abs(value) <= Number.MAX_SAFE_INTEGER)) refusable = true;
    return value;
  });
  return refusable;
}
