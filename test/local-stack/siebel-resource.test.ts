import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dataResources } from './siebel-data.ts';

describe('Siebel stand-in, any call on a data resource', () => {
  let siebel = dataResources({ records: 20 });
  const ids = ['Account', 'Contact', 'Service Request'].map((name) => String(siebel.records(name)[0]?.['Id']));
  const words = fc.constantFrom(
    ...[
      'Account',
      'Contact',
      'Service Request',
      'Action',
      'Account Attachment',
      'AttachmentDocIO',
      'Quote',
      '__proto__',
    ],
    ...['Order Entry (Sales)', 'Order Entry - Orders', '1-NONE', ...ids],
  );
  const account = `Account/Account/${ids[0]}`;
  const path = fc.oneof(
    {
      weight: 4,
      arbitrary: fc
        .constantFrom('', '/Contact', `/Contact/${ids[1]}`, '/Service Request', '/Account Attachment')
        .map((below) => `${account}${below}`),
    },
    { weight: 2, arbitrary: fc.constantFrom('Account/Account', 'Contact/Contact', 'Service Request/Service Request') },
    fc.array(words, { minLength: 1, maxLength: 7 }).map((segments) => segments.join('/')),
  );
  const values = fc.oneof(
    fc.constantFrom('', 'NULL', 'Y', '12', '03/14/2026', '03/14/2026 10:00:00', 'Call', null, true, 0, 1.5),
    fc.string({ unit: 'binary', maxLength: 8 }),
    fc.jsonValue({ maxDepth: 2 }),
  );
  const names = fc.constantFrom(
    ...['Id', 'Name', 'Location', 'Staff', 'Revenue', 'Last Call', 'Person UId', 'First Name', 'Last Name', 'Abstract'],
    ...[
      'Type',
      'IsPrimaryMVG',
      'Contact',
      'Account',
      'Action',
      'Link',
      '__proto__',
      'constructor',
      'Accnt Attachment Id',
    ],
  );
  const { record } = fc.letrec<{ record: unknown }>((tie) => ({
    record: fc.array(fc.tuple(names, fc.oneof({ maxDepth: 3 }, values, tie('record')))).map(objectOf),
  }));
  const complete = fc.record(
    {
      Name: fc.constantFrom('A', 'B'),
      Location: fc.constant(''),
      Staff: fc.constantFrom('1', 2, 'x'),
      Contact: fc.array(
        fc.record({ 'Person UId': fc.constantFrom('P-000001', 'P-X'), 'First Name': fc.constant('A') }),
      ),
    },
    { requiredKeys: ['Name', 'Location'] },
  );
  const person = fc.record({ 'Person UId': fc.constantFrom('P-000001', 'P-000002', 'P-X') });
  const body = fc.oneof(
    { weight: 4, arbitrary: complete },
    { weight: 4, arbitrary: person },
    record,
    fc.array(record, { maxLength: 3 }),
    fc.constantFrom('', '{', 'null', '[[]]', '""'),
  );
  const members = fc.dictionary(
    fc.constantFrom(
      'searchspec',
      'sortspec',
      'fields',
      'PageSize',
      'QueryHierarchy',
      'getChildren',
      'ViewMode',
      'ChildLinks',
    ),
    fc.oneof(
      fc.constantFrom('All', 'all', '5', 'Name', '[Name] LIKE "A*"', '{"Contact":{}}'),
      fc.string({ maxLength: 12 }),
    ),
    { maxKeys: 3 },
  );

  const seen = new Set<string>();
  let runs = 0;

  it('is answered, with JSON or nothing, and never breaks the stand-in', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('GET', 'PUT', 'POST', 'DELETE', 'PATCH'),
        path,
        body,
        members,
        (method, way, sent, query) => {
          const reply = siebel.send(method, way, method === 'GET' ? undefined : sent, {
            ViewMode: 'All',
            ...query,
          });
          expect([200, 400, 404, 405, 409, 500]).toContain(reply.status);
          runs += 1;
          // Rows that were deleted come back, under the same row ids.
          if (runs % 25 === 0) siebel = dataResources({ records: 20 });
          seen.add(`${method} ${reply.status}`);
          if (reply.status !== 200) expect(reply.json.ERROR).toEqual(expect.any(String));
        },
      ),
      { numRuns: 1_000 },
    );
    // All of it was reached, not only refusals.
    expect([...seen]).toEqual(expect.arrayContaining(['GET 200', 'PUT 200', 'POST 200', 'DELETE 200', 'PATCH 405']));
  });
});

/** `__proto__` is a member like any other, as in JSON. */
function objectOf(members: readonly (readonly [string, unknown])[]): unknown {
  const text = members.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  return JSON.parse(`{${text.join(',')}}`);
}
