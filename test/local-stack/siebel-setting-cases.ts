import type { SiebelSettings } from '../../local-stack/siebel/settings.ts';
import { basic, form } from './https-client.ts';
import type { SiebelFixture } from './siebel-fixture.ts';

/** One setting, and something of Siebel's answers that it changes. */
export interface SettingCase<Name extends keyof SiebelSettings> {
  /** Another value than the default. */
  readonly value: SiebelSettings[Name];
  /** Settings that must stand beside it for the difference to show; they stand there on both sides. */
  readonly beside?: Partial<SiebelSettings>;
  /** What is looked at. */
  observe(fixture: SiebelFixture, counter: number): Promise<unknown>;
  /** What is seen with the default, and with the value. */
  readonly seen: readonly [byDefault: unknown, withValue: unknown];
}

const ACCOUNTS = 'Account/Account';
const HARBOUR = { searchspec: '[Name] = "Harbour Supplies"' };
const BESIDE_BUSY = { loginMs: 1_000, sessionTimeoutSeconds: 0 };

const get = (path: string, members: Readonly<Record<string, string | number>> = {}) => {
  return async (fixture: SiebelFixture) => (await fixture.get(path, members)).status;
};
const heartbeat = async ({ send }: SiebelFixture) => (await send('GET', '/heartbeat')).status;
const header = (name: string) => async (fixture: SiebelFixture) => {
  const headers = { 'Accept-Encoding': 'gzip' };
  return (await fixture.send('GET', `/data/${ACCOUNTS}?ViewMode=All`, undefined, { headers })).headers[name];
};
/** POST to a service or a workflow, with a token for all of Siebel. */
const post = async ({ client, identity, send }: SiebelFixture, path: string, body: object) => {
  const scope = ['data', 'service', 'workflow'].map((name) => identity.scope.replace(/data$/, name)).join(' ');
  const request = form({ grant_type: 'client_credentials', scope });
  const headers = basic(identity.callerClient);
  const { access_token: token } = (
    await client.call(identity.tokenUrl, { method: 'POST', headers, body: request })
  ).json();
  return send('POST', path, body, { headers: { Authorization: `Bearer ${token}` } });
};
/** As long as forty calls to the control address take, one after another. */
const aWhile = async ({ control }: SiebelFixture) => {
  for (let call = 0; call < 40; call += 1) await control('GET', '/-/stats');
};
const together = async (fixture: SiebelFixture) => {
  const statuses = await Promise.all([heartbeat(fixture), heartbeat(fixture)]);
  return statuses.sort((one, other) => one - other);
};
const put = (record: object) => async (fixture: SiebelFixture, counter: number) => {
  return (await fixture.send('PUT', `/data/${ACCOUNTS}`, { Name: `Case ${counter}`, Location: 'Hull', ...record }))
    .status;
};
/** Sends the same new account twice, which is one account too many. */
const postTwice = async ({ send }: SiebelFixture, counter: number) => {
  const record = { Name: `Twice ${counter}`, Location: 'Hull' };
  await send('POST', `/data/${ACCOUNTS}`, record);
  return (await send('POST', `/data/${ACCOUNTS}`, record)).status;
};
/** The first account that has this member, as the control address knows it. */
const known = ({ siebel }: SiebelFixture, has: string) => {
  const record = siebel.records('Account').find((account) => account[has]);
  if (!record) throw new Error(`no account has ${has}`);
  return record;
};
const shownAsKnown = (member: string) => async (fixture: SiebelFixture) => {
  const record = known(fixture, member);
  const shown = (await fixture.get(`${ACCOUNTS}/${encodeURIComponent(String(record['Id']))}`)).json()[member];
  return shown === record[member] ? 'as known' : 'another';
};

/** Every setting: a new one without a line here does not compile. */
export const SETTING_CASES: { readonly [Name in keyof SiebelSettings]: SettingCase<Name> } = {
  contextPath: {
    value: '/crm/v1.0',
    observe: async ({ siebel, client }) => {
      const url = `${new URL(siebel.baseUrl).origin}/siebel/v1.0/heartbeat`;
      return (await client.call(url)).status;
    },
    seen: [401, 404],
  },
  responseBaseUrl: {
    value: 'https://other.example/siebel/v1.0',
    observe: async (fixture) => new URL((await fixture.get(ACCOUNTS)).json().Link[0].href).host,
    seen: ['siebel.example.com', 'other.example'],
  },
  parameterNames: {
    value: { pagesize: 'Limit' },
    observe: async (fixture) => (await fixture.get(ACCOUNTS, { PageSize: 3, Limit: 2 })).json().items.length,
    seen: [3, 2],
  },
  users: { value: ['SADMIN'], observe: heartbeat, seen: [200, 401] },
  positions: {
    value: { 'siebel-caller': 'Sales Representative 1' },
    observe: get(ACCOUNTS, { ViewMode: 'Sales Rep' }),
    seen: [404, 200],
  },
  viewModes: { value: ['Organization'], observe: get(ACCOUNTS, { ViewMode: 'All' }), seen: [200, 403] },
  responsibilities: {
    value: { 'siebel-caller': ['Price Administrator'] },
    observe: async (fixture) => {
      const body = { body: { Product: 'Anchor', Price: '12.50' } };
      return (await post(fixture, '/service/Price%20Administration/Set%20Price', body)).status;
    },
    seen: [403, 200],
  },
  subjectField: { value: 'client_guid', observe: heartbeat, seen: [200, 401] },
  cacheIntrospectionSeconds: {
    value: 60,
    observe: async ({ client, siebel, token }) => {
      const headers = { Authorization: `Bearer ${await token()}` };
      const before = siebel.stats().introspections;
      for (let call = 0; call < 2; call += 1) await client.call(`${siebel.baseUrl}/heartbeat`, { headers });
      return siebel.stats().introspections - before;
    },
    seen: [2, 1],
  },
  anonymous: {
    value: true,
    observe: async ({ client, siebel }) =>
      (await client.call(`${siebel.baseUrl}/data/${ACCOUNTS}?ViewMode=All`)).status,
    seen: [401, 404],
  },
  unauthorized: {
    value: 'challenge',
    observe: async ({ client, siebel }) => {
      return (await client.call(`${siebel.baseUrl}/heartbeat`)).headers['www-authenticate'];
    },
    seen: [undefined, 'Bearer realm="Siebel"'],
  },
  loginMs: {
    value: 3_600_000,
    beside: { sessionTimeoutSeconds: 0 },
    // Which comes first: the answer, or those of many calls to the control address?
    observe: async (fixture) => {
      const giveUp = new AbortController();
      const answered = fixture.send('GET', '/heartbeat', undefined, { signal: giveUp.signal }).then(
        () => 'answered',
        () => 'given up',
      );
      const first = await Promise.race([answered, aWhile(fixture).then(() => 'still logging in')]);
      giveUp.abort();
      return first;
    },
    seen: ['answered', 'still logging in'],
  },
  sessionTimeoutSeconds: {
    value: 0,
    observe: async (fixture) => {
      await heartbeat(fixture);
      const before = fixture.siebel.stats().logins;
      await heartbeat(fixture);
      return fixture.siebel.stats().logins - before;
    },
    seen: [0, 1],
  },
  sessionsPerUser: {
    value: 1,
    beside: BESIDE_BUSY,
    observe: together,
    seen: [
      [200, 200],
      [200, 500],
    ],
  },
  maxConnections: {
    value: 1,
    beside: { ...BESIDE_BUSY, overCap: '503' },
    observe: together,
    seen: [
      [200, 200],
      [200, 503],
    ],
  },
  overCap: {
    value: '500',
    beside: { ...BESIDE_BUSY, maxConnections: 1 },
    observe: together,
    seen: [
      [200, 200],
      [200, 500],
    ],
  },
  keepAliveMs: {
    value: 1,
    observe: async (fixture) => {
      // Leaves none of the connections that other calls have opened.
      fixture.client.close();
      await heartbeat(fixture);
      const before = fixture.siebel.stats().connections;
      await aWhile(fixture);
      await heartbeat(fixture);
      return fixture.siebel.stats().connections - before;
    },
    seen: [0, 1],
  },
  maintenance: { value: '503', observe: heartbeat, seen: [200, 503] },
  cookie: {
    value: true,
    observe: async (fixture) => ((await header('set-cookie')(fixture)) === undefined ? 'none' : 'a cookie'),
    seen: ['none', 'a cookie'],
  },
  gzip: { value: true, observe: header('content-encoding'), seen: [undefined, 'gzip'] },
  emptyAnswer: { value: '204', observe: get(ACCOUNTS, { searchspec: '[Name] = "none"' }), seen: [404, 204] },
  oneRow: {
    value: 'bare record',
    observe: async ({ get: read }) => (await read(ACCOUNTS, HARBOUR)).json().Name,
    seen: [undefined, 'Harbour Supplies'],
  },
  uniformResponse: {
    value: false,
    observe: async ({ get: read }) =>
      Array.isArray((await read(ACCOUNTS, { ...HARBOUR, uniformresponse: 'y' })).json().items),
    seen: [true, false],
  },
  overPageSize: { value: 'cap', observe: get(ACCOUNTS, { PageSize: 500 }), seen: [500, 200] },
  pageSizeLimit: { value: 5, observe: get(ACCOUNTS, { PageSize: 6 }), seen: [200, 500] },
  childPageSize: {
    value: false,
    observe: async ({ get: read, send, siebel }, counter) => {
      const [account] = siebel.records('Account', { Name: 'Harbour Supplies' });
      const path = `${ACCOUNTS}/${encodeURIComponent(String(account?.['Id']))}/Service%20Request`;
      for (const number of [`One ${counter}`, `Two ${counter}`]) {
        await send('PUT', `/data/${path}`, { 'SR Number': number, Abstract: 'Leak' });
      }
      return (await read(path, { PageSize: 1, uniformresponse: 'y' })).json().items.length > 1;
    },
    seen: [false, true],
  },
  rowLimit: { value: 15, observe: get(ACCOUNTS), seen: [200, 500] },
  rowCeiling: { value: 'reached', beside: { rowLimit: 15 }, observe: get(ACCOUNTS), seen: [500, 200] },
  quoteEscape: { value: 'doubling', observe: get(ACCOUNTS, { searchspec: '[Name] = "a""b"' }), seen: [500, 404] },
  timeZone: { value: 'America/New_York', observe: shownAsKnown('Last Call'), seen: ['as known', 'another'] },
  languages: { value: 'deu', observe: shownAsKnown('Type'), seen: ['as known', 'another'] },
  attachmentsInline: {
    value: false,
    observe: async ({ get: read }) => {
      const members = { inlineattachment: 'true', uniformresponse: 'y' };
      const [attachment] = (await read('AttachmentDocIO/Account%20Attachment', members)).json().items;
      return String(attachment['Accnt Attachment Id']).startsWith('https://') ? 'an address' : 'the content';
    },
    seen: ['the content', 'an address'],
  },
  unequalMembers: {
    value: true,
    observe: async ({ get: read }) => {
      const records: object[] = (await read(ACCOUNTS, { PageSize: 20 })).json().items;
      return new Set(records.map((record) => Object.keys(record).length)).size > 1;
    },
    seen: [false, true],
  },
  moving: {
    value: { everyPages: 1, what: 'insert' },
    observe: async ({ get: read, siebel }) => {
      const before = siebel.records('Account').length;
      await read(ACCOUNTS, { PageSize: 5 });
      await read(ACCOUNTS, { PageSize: 5, StartRowNum: 5 });
      return siebel.records('Account').length > before ? 'moved' : 'stood still';
    },
    seen: ['stood still', 'moved'],
  },
  accountKey: { value: 'Name, Location, Primary Organization', observe: put({}), seen: [200, 500] },
  references: { value: 'taken', observe: put({ Organization: 'Nobody' }), seen: [500, 200] },
  unknownIdOnPut: {
    value: 'error',
    observe: async ({ send }, counter) => {
      return (await send('PUT', `/data/${ACCOUNTS}/1-NONE`, { Name: `Case ${counter}`, Location: 'Hull' })).status;
    },
    seen: [200, 500],
  },
  duplicateStatus: { value: 500, observe: postTwice, seen: [409, 500] },
  uniqueKeys: { value: false, observe: postTwice, seen: [409, 200] },
  childWriteAnswer: {
    value: 'parent only',
    observe: async (fixture, counter) => {
      const id = encodeURIComponent(String(known(fixture, 'Name')['Id']));
      const path = `/data/${ACCOUNTS}/${id}/Service%20Request`;
      return (await fixture.send('PUT', path, { 'SR Number': `Case ${counter}`, Abstract: 'Leak' })).status;
    },
    seen: [200, 201],
  },
  batches: {
    value: false,
    observe: async ({ send }, counter) => {
      return (await send('PUT', `/data/${ACCOUNTS}`, [{ Name: `Case ${counter}`, Location: 'Hull' }])).status;
    },
    seen: [200, 500],
  },
  writeStatus: { value: 304, observe: put({}), seen: [200, 304] },
  requestFormat: {
    value: 'legacy',
    observe: async (fixture) => {
      const echo = { Note: 'x' };
      const reply = await post(fixture, '/service/Workflow%20Utilities/Echo?matchrequestformat=y', echo);
      return reply.json().Note;
    },
    seen: ['x', undefined],
  },
  workflows: {
    value: false,
    observe: async (fixture) => {
      return (await post(fixture, '/workflow/Account%20Enquiry', { Account: 'Harbour Supplies' })).status === 404;
    },
    seen: [false, true],
  },
  describe: {
    value: 'swagger 2.0',
    observe: async ({ send }) => (await send('GET', `/data/${ACCOUNTS}/describe`)).json().swagger,
    seen: [undefined, '2.0'],
  },
  describeNames: {
    value: 'swapped',
    observe: async ({ send }) => {
      const described = (await send('GET', `/data/${ACCOUNTS}/describe`)).body;
      return [described.includes('"Staff"'), described.includes('"Employees"')];
    },
    seen: [
      [true, false],
      [false, true],
    ],
  },
  xml: {
    value: false,
    observe: async ({ send }) => {
      const headers = { 'Content-Type': 'application/xml' };
      return (await send('GET', `/data/${ACCOUNTS}?ViewMode=All`, undefined, { headers })).headers['content-type'];
    },
    seen: ['application/xml;charset=utf-8', 'text/html;charset=utf-8'],
  },
  problemFormat: {
    value: true,
    observe: async ({ get: read }) => (await read(ACCOUNTS, { fields: 'Nothing' })).json().errorCode,
    seen: [undefined, 'SBL-EAI-50258'],
  },
  statusMap: { value: { 'SBL-EAI-50258': 422 }, observe: get(ACCOUNTS, { fields: 'Nothing' }), seen: [500, 422] },
};
