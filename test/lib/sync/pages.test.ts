import { expect, it } from 'vitest';
import {
  attachment,
  businessComponent,
  optional,
  readOnly,
  s3,
  searchedAs,
  text,
  utcDateTime,
} from '../../../lib/operations/index.ts';
import type { PageQuery } from '../../../lib/siebel/component.ts';
import { searchSpecification } from '../../../lib/siebel/search-specification.ts';
import { pageReader } from '../../../lib/sync/pages.ts';
import { fakeClock } from '../../support/fake-clock.ts';

it('asks for records without their attachments, and for the cursor by the name that searches know', async () => {
  const { source: read } = businessComponent('Account/Account Attachment', {
    viewMode: 'All',
    excludeEmptyFields: true,
    fields: {
      Name: text(100),
      Content: optional(attachment(1_000)),
      Changed: readOnly(searchedAs('Updated', utcDateTime())),
    },
  });
  const asked: PageQuery[] = [];
  const siebel = {
    queryPage: async (_at: unknown, query: PageQuery) => {
      asked.push(query);
      return { records: [], lastPage: true };
    },
  };
  const job = { read, cursor: 'Changed', every: 'rate(5 minutes)', timezone: 'UTC', to: s3('a') };
  const pages = pageReader({ siebel, job, boundMs: Date.UTC(2025, 2, 14), clock: fakeClock(), onCall: () => {} });

  await pages.readBehind({ atMs: Date.UTC(2025, 0, 2), id: '1-1' }, 1);

  const [query] = asked;
  expect(query).toMatchObject({
    excludeEmptyFields: true,
    fields: ['Name', 'Changed'],
    sort: [
      { field: 'Updated', direction: 'asc' },
      { field: 'Id', direction: 'asc' },
    ],
  });
  expect(query?.where && searchSpecification(query.where)).toBe(
    '(([Updated] > "01/02/2025 00:00:00") OR (([Updated] = "01/02/2025 00:00:00") AND ([Id] > "1-1"))) AND ([Updated] <= "03/14/2025 00:00:00")',
  );
});
