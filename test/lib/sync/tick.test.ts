import { describe, expect, it } from 'vitest';
import { parseTick } from '../../../lib/sync/tick.ts';
import { JOB } from './sync-parts.ts';

const jobs = new Map([['accounts', JOB]]);
const parse = (text: string) => () => parseTick(JSON.parse(text), jobs);

describe('parseTick', () => {
  it('finds the job that the schedule names', () => {
    expect(parseTick({ job: 'accounts' }, jobs)).toEqual({ name: 'accounts', job: JOB, sweep: false });
  });

  it.each([
    ['{"job":"Accounts"}', 'UNKNOWN_JOB', '/job'],
    ['{"job":" accounts"}', 'UNKNOWN_JOB', '/job'],
    ['{"job":""}', 'UNKNOWN_JOB', '/job'],
    ['{"job":"constructor"}', 'UNKNOWN_JOB', '/job'],
    ['{"job":"__proto__"}', 'UNKNOWN_JOB', '/job'],
    ['{"job":"*"}', 'UNKNOWN_JOB', '/job'],
    ['{"job":1}', 'BAD_TYPE', '/job'],
    ['{"job":null}', 'BAD_TYPE', '/job'],
    ['{"job":["accounts"]}', 'BAD_TYPE', '/job'],
    ['{}', 'MISSING_FIELD', '/job'],
    ['{"Job":"accounts"}', 'MISSING_FIELD', '/job'],
    ['{"job":"accounts","fullRefresh":true}', 'UNKNOWN_FIELD', '/fullRefresh'],
    ['{"job":"accounts","a/b":1}', 'UNKNOWN_FIELD', '/a~1b'],
    ['{"Records":[]}', 'MISSING_FIELD', '/job'],
    ['null', 'INVALID_EVENT', ''],
    ['"accounts"', 'INVALID_EVENT', ''],
    ['["accounts"]', 'INVALID_EVENT', ''],
    ['7', 'INVALID_EVENT', ''],
  ])('refuses %s with %s', (text, code, pointer) => {
    expect(parse(text)).toThrow(
      expect.objectContaining({
        code,
        failureClass: 'message',
        issues: expect.arrayContaining([expect.objectContaining({ code, pointer })]),
      }),
    );
  });
});
