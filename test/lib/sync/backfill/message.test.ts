import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '../../../../lib/errors.ts';
import { parseWindowMessage, windowMessage } from '../../../../lib/sync/backfill/message.ts';

const MESSAGE = { job: 'accounts', backfill: '20260301-k3f9x', window: 7 };

function issuesOf(body: string): string[] {
  try {
    parseWindowMessage(body);
  } catch (error) {
    if (error instanceof InvalidInputError) return error.issues.map(({ pointer, code }) => `${pointer} ${code}`);
    throw error;
  }
  return [];
}

describe('parseWindowMessage', () => {
  it('reads what windowMessage has written', () => {
    expect(windowMessage(MESSAGE)).toBe('{"job":"accounts","backfill":"20260301-k3f9x","window":7}');
    expect(parseWindowMessage(windowMessage(MESSAGE))).toEqual(MESSAGE);
  });

  it.each([
    ['', [' EMPTY_BODY']],
    ['{"job":"accounts"', [' BAD_JSON']],
    ['["accounts"]', [' INVALID_MESSAGE']],
    ['null', [' INVALID_MESSAGE']],
    ['{}', ['/job MISSING_FIELD', '/backfill MISSING_FIELD', '/window MISSING_FIELD']],
    ['{"job":"","backfill":"1","window":1}', ['/job BAD_TYPE']],
    ['{"job":"a","backfill":1,"window":"1"}', ['/backfill BAD_TYPE', '/window BAD_TYPE']],
    ['{"job":"a","backfill":"1","window":0}', ['/window BAD_TYPE']],
    ['{"job":"a","backfill":"1","window":1.5}', ['/window BAD_TYPE']],
    ['{"job":"a","backfill":"1","window":1,"__proto__":{}}', ['/__proto__ UNKNOWN_FIELD']],
    ['{"job":"a","backfill":"1","window":1,"window":2}', ['/window DUPLICATE_KEY']],
    ['{"operation":"account.upsert","job":"a","backfill":"1"}', ['/window MISSING_FIELD', '/operation UNKNOWN_FIELD']],
  ])('refuses %s', (body, issues) => {
    expect(issuesOf(body)).toEqual(issues);
  });
});
