import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { callsPerMinuteOf, checkCapacity, plannedWays } from '../../../lib/operations/capacity.ts';
import {
  businessComponent,
  businessService,
  defineIntegration,
  derive,
  listOf,
  optional,
  readOnly,
  s3,
  text,
  unique,
  utcDateTime,
  workflow,
} from '../../../lib/operations/index.ts';
import { exampleIntegration as integration } from '../../support/example-integration.ts';

const account = businessComponent('Account/Account', {
  viewMode: 'All',
  userKey: unique('Name'),
  fields: { Name: text(10), Opened: optional(utcDateTime()), Updated: readOnly(utcDateTime()) },
});
const operations = {
  'account.get': account.get(),
  'account.upsert': account.upsert(),
  'account.create': account.insert({ naturalKey: ['Name'] }),
  'account.many': account.upsertMany(),
  'account.tier': account.query({ filters: { Name: 'oneOf' } }),
  'credit.check': businessService('Credit Check', 'Check', {
    input: { Lines: listOf({ Name: text(5) }) },
    reads: true,
  }),
  'credit.set': workflow('Set Credit', { repeatable: false }),
};
/** Definitions that the compiler refuses, as JavaScript or a cast would let them through. */
const loosely = (definition: object) => derive(defineIntegration(definition as never));

describe('an integration', () => {
  it.each([
    [
      'an operation name in another form',
      { operations: { 'Account Get': account.get() } },
      /"Account Get" is not named like/,
    ],
    [
      'a queue that accepts an unknown name',
      { operations, queue: { accepts: ['toString'] } },
      /toString, which is not an operation/,
    ],
    ['a queue that accepts a read', { operations, queue: { accepts: ['account.get'] } }, /only reads/],
    ['a queue that accepts a batch', { operations, queue: { accepts: ['account.many'] } }, /answers row by row/],
    [
      'a PUT that may not be repeated',
      { operations, api: { 'PUT /accounts': 'account.create' } },
      /account\.create, which may not be repeated, as PUT promises: use POST/,
    ],
    ['a DELETE that may not be repeated', { operations, api: { 'DELETE /credit': 'credit.set' } }, /use POST/],
    [
      'a GET that would need a body',
      { operations, api: { 'GET /credit-checks': 'credit.check' } },
      /takes Lines: only a body can carry it, so use POST/,
    ],
    ['a DELETE that would need a body', { operations, api: { 'DELETE /accounts': 'account.many' } }, /takes items/],
    ['a path with a list', { operations, api: { 'GET /accounts/{Name}': 'account.tier' } }, /\{Name\} as text/],
    [
      'a site that cannot be',
      {
        operations,
        site: {
          parameterNames: { Pagesize: 'limit', PageSize: 'a b', sortspec: 'searchspec' },
          workspace: 'a/b',
          headers: { authorization: 'x', 'x-end-user': 'a\nb' },
          maxPageSize: 101,
          quoteEscape: 'backslash',
          maxSearchLength: 1,
          maxUrlLength: 1.5,
          retries: 3,
        },
      },
      /site\.retries.*Pagesize is not a parameter.*PageSize is not a name.*two parameters one name.*workspace.*authorization.*x-end-user.*maxPageSize.*quoteEscape.*maxSearchLength.*maxUrlLength/,
    ],
    ['a route of another form', { operations, api: { 'get /accounts': 'account.get' } }, /not of the form/],
    ['a route with a trailing slash', { operations, api: { 'GET /accounts/': 'account.get' } }, /not of the form/],
    [
      'a route to an unknown operation',
      { operations, api: { 'GET /accounts': 'account.all' } },
      /account\.all, which is not an operation/,
    ],
    ['a GET that writes', { operations, api: { 'GET /accounts': 'account.upsert' } }, /GET runs reads/],
    ['a PUT that reads', { operations, api: { 'PUT /accounts/{Id}': 'account.get' } }, /GET runs reads/],
    [
      'a parameter that the operation does not take',
      { operations, api: { 'GET /accounts/{Nr}': 'account.get' } },
      /\{Nr\}/,
    ],
    ['a parameter twice', { operations, api: { 'GET /accounts/{Id}/{Id}': 'account.get' } }, /twice/],
    [
      'two routes that are one',
      {
        operations: { ...operations, 'a.get': account.query({ filters: ['Name'] }) },
        api: { 'GET /a/{Id}': 'account.get', 'GET /a/{Name}': 'a.get' },
      },
      /are the same to API Gateway/,
    ],
    [
      'a cursor that is no date',
      { operations, sync: { a: { read: account, cursor: 'Name', every: 'rate(5 minutes)', to: s3('a') } } },
      /sync\.a\.cursor: Name/,
    ],
    [
      'a cursor that may be unset',
      { operations, sync: { a: { read: account, cursor: 'Opened', every: 'rate(5 minutes)', to: s3('a') } } },
      /Opened is not/,
    ],
    [
      'a cursor from the prototype chain',
      { operations, sync: { a: { read: account, cursor: 'constructor', every: 'rate(5 minutes)', to: s3('a') } } },
      /constructor is not/,
    ],
    [
      'a wrong schedule',
      { operations, sync: { a: { read: account, cursor: 'Updated', every: 'hourly', to: s3('a') } } },
      /sync\.a\.every/,
    ],
    [
      'a prefix that climbs',
      { operations, sync: { a: { read: account, cursor: 'Updated', every: 'rate(5 minutes)', to: s3('../a') } } },
      /prefix/,
    ],
    [
      'a bus that cannot be',
      { operations, outcomeEvents: { bus: 'my bus' } },
      /outcomeEvents\.bus is neither 'default' nor the name/,
    ],
    ['a bus that is empty', { operations, outcomeEvents: { bus: '' } }, /outcomeEvents\.bus is neither/],
    ['a bus without its member', { operations, outcomeEvents: 'default' }, /outcomeEvents\.bus is neither/],
    ['no bus for the events', { operations, outcomeEvents: null }, /outcomeEvents\.bus is neither/],
    ['a word that is none', { operations, callsPerMinute: 900 }, /callsPerMinute is no word of defineIntegration/],
    [
      'too much for Siebel',
      { operations, capacity: { siebelConnections: 20, queue: 8, api: 6, sync: 2, backfill: 2, tools: 1 } },
      /19.*18/,
    ],
  ])('refuses %s', (_what, definition, message) => {
    expect(() => loosely(definition)).toThrow(
      expect.objectContaining({ code: 'CONFIGURATION', message: expect.stringMatching(message) }),
    );
  });

  it('lists everything that is wrong in one error', () => {
    expect(() =>
      loosely({ operations, queue: { accepts: ['x.y'], inFlight: 0 }, api: { nonsense: 'account.get' } }),
    ).toThrow(/x\.y.*nonsense.*inFlight/s);
  });

  it('lets POST run anything, with the scope of what it runs', () => {
    const api = {
      'POST /a': 'account.create',
      'POST /b': 'credit.set',
      'POST /c': 'account.many',
      'POST /d': 'account.tier',
      'POST /e': 'credit.check',
    } as const;
    const { routes } = defineIntegration({ operations, api });
    expect(routes.map(({ routeKey, scope }) => [routeKey, scope])).toEqual([
      ['POST /a', 'siebel.write'],
      ['POST /b', 'siebel.write'],
      ['POST /c', 'siebel.write'],
      ['POST /d', 'siebel.read'],
      ['POST /e', 'siebel.read'],
    ]);
  });

  it('hands on what it says of its Siebel', () => {
    const site = {
      parameterNames: { PageSize: 'limit' },
      headers: { 'x-end-user': 'u' },
      quoteEscape: 'doubling',
    } as const;
    expect(defineIntegration({ operations, site }).site).toEqual(site);
    expect(defineIntegration({ operations }).site).toEqual({});
  });

  it('asks callers for the scope that fits the kind of the operation', () => {
    const { routes } = defineIntegration({
      operations,
      api: { 'GET /a/{Id}': 'account.get', 'PUT /a': 'account.upsert' },
    });
    expect(routes).toEqual([
      { method: 'GET', path: '/a/{Id}', routeKey: 'GET /a/{Id}', operation: 'account.get', scope: 'siebel.read' },
      { method: 'PUT', path: '/a', routeKey: 'PUT /a', operation: 'account.upsert', scope: 'siebel.write' },
    ]);
  });
});

describe('checkCapacity', () => {
  const plan = { siebelConnections: 20, queue: 8, api: 5, sync: 2, backfill: 2, tools: 1 };

  it('holds for one node of Siebel', () => {
    expect(checkCapacity(plan, 4)).toEqual([]);
  });

  it.each([
    [{ ...plan, siebelConnections: 19 }, 4, /18, but 19 connections allow 17/],
    [{ ...plan, api: 6 }, 4, /19/],
    [{ ...plan, queue: 0 }, 4, /capacity\.queue is not a whole number/],
    [{ ...plan, tools: -1 }, 4, /capacity\.tools/],
    [{ ...plan, api: 1.5 }, 4, /capacity\.api/],
    [{ ...plan, sync: Number.NaN }, 4, /capacity\.sync/],
    [{ ...plan, callsPerMinute: 0 }, 4, /capacity\.callsPerMinute is not a whole number from 1/],
    [{ ...plan, callsPerMinute: 1.5 }, 4, /capacity\.callsPerMinute/],
    [{ ...plan, callsPerMinute: 17 }, 4, /callsPerMinute \(17\) leaves each of the 5 containers of api less than one/],
    [{ ...plan, api: undefined as unknown as number }, 4, /capacity\.api/],
    [{ ...plan, callPerMinute: 900 }, 4, /capacity\.callPerMinute means nothing/],
    [plan, 3, /not a multiple/],
    [plan, 8, /less than 2/],
    [plan, 0, /queue\.inFlight/],
  ])('refuses %j with %d in flight', (capacity, inFlight, message) => {
    expect(checkCapacity(capacity, inFlight).join('\n')).toMatch(message);
  });
});

describe('callsPerMinute', () => {
  const plan = { siebelConnections: 20, queue: 8, api: 5, sync: 2, backfill: 2, tools: 1 };

  it('is split by the shares of the connections, then over the containers', () => {
    const ways = plannedWays({ ...plan, callsPerMinute: 900 }, 4);

    expect(ways.map(({ way, callsPerMinute }) => [way, callsPerMinute])).toEqual([
      ['queue', 200],
      ['api', 50],
      ['sync', 50],
      ['backfill', 50],
      ['tools', 50],
    ]);
    expect(checkCapacity({ ...plan, callsPerMinute: 18 }, 4)).toEqual([]);
  });

  it('is no more in all containers together than what is given, however the shares fall', () => {
    fc.assert(
      fc.property(
        fc.record({
          siebelConnections: fc.constant(100_000),
          queue: fc.integer({ min: 1, max: 100 }).map((containers) => containers * 4),
          api: fc.integer({ min: 1, max: 100 }),
          sync: fc.integer({ min: 1, max: 100 }),
          backfill: fc.integer({ min: 0, max: 100 }),
          tools: fc.integer({ min: 0, max: 100 }),
          callsPerMinute: fc.integer({ min: 1, max: 1_000_000 }),
        }),
        (capacity) => {
          const all = plannedWays(capacity, 4).map(({ containers, callsPerMinute = 0 }) => containers * callsPerMinute);
          expect(all.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(capacity.callsPerMinute * 1.000_001);
        },
      ),
    );
  });

  it('is no limit when it is not given', () => {
    expect(callsPerMinuteOf(plan, 'queue', 2)).toBeUndefined();
  });
});

function route(routeKey: string, operation: string, scope: string) {
  const [method, path] = routeKey.split(' ');
  return { method, path, routeKey, operation, scope };
}

function tick(job: string) {
  return { job, expression: 'rate(5 minutes)', timezone: 'UTC', input: { job } };
}

describe('derive', () => {
  it('gives the build what an integration says, as plain data', () => {
    const deployment = derive(integration);
    expect(JSON.parse(JSON.stringify(deployment))).toEqual(deployment);
    expect(deployment).toEqual({
      queue: {
        inFlight: 4,
        maximumConcurrency: 2,
        batchSize: 8,
        windowSeconds: 0,
        fifo: false,
        accepts: [
          'account.upsert',
          'contact.upsert',
          'service-request.update',
          'service-request.close',
          'credit.check',
          'service-request.create',
        ],
        envelopes: ['eventbridge'],
      },
      api: {
        reservedConcurrency: 5,
        routes: [
          route('GET /accounts/{Id}', 'account.get', 'siebel.read'),
          route('GET /accounts', 'account.search', 'siebel.read'),
          route('PUT /accounts', 'account.upsert', 'siebel.write'),
          route('GET /accounts/{ParentId}/contacts', 'account.contacts', 'siebel.read'),
          route('GET /service-requests/{Id}', 'service-request.get', 'siebel.read'),
          route('POST /service-requests', 'service-request.create', 'siebel.write'),
          route('POST /service-requests/close', 'service-request.close', 'siebel.write'),
          route('POST /credit-checks', 'credit.check', 'siebel.write'),
        ],
      },
      schedules: [
        { ...tick('accounts'), name: 'accounts', sweep: false },
        {
          ...tick('accounts'),
          name: 'accounts-sweep',
          sweep: true,
          expression: 'cron(0 3 * * ? *)',
          timezone: 'Europe/Vienna',
          input: { job: 'accounts', sweep: true },
        },
        { ...tick('contacts'), name: 'contacts', sweep: false },
        { ...tick('service-requests'), name: 'service-requests', sweep: false },
      ],
      timed: [],
      sync: {
        reservedConcurrency: 2,
        queues: [],
        buses: ['default'],
        prefixes: ['accounts', 'contacts'],
        sweeps: true,
        lagAlarms: [
          { job: 'accounts', minutes: 45, ownSafetyLag: false },
          { job: 'contacts', minutes: 45, ownSafetyLag: false },
          { job: 'service-requests', minutes: 45, ownSafetyLag: false },
        ],
      },
      backfill: { maximumConcurrency: 2, timeoutSeconds: 300 },
      outcomeEvents: null,
      capacity: {
        siebelConnections: 20,
        allowance: 18,
        planned: 18,
        callsPerMinute: null,
        ways: [
          { way: 'queue', connections: 8, containers: 2, inFlight: 4 },
          { way: 'api', connections: 5, containers: 5, inFlight: 1 },
          { way: 'sync', connections: 2, containers: 2, inFlight: 1 },
          { way: 'backfill', connections: 2, containers: 2, inFlight: 1 },
          { way: 'tools', connections: 1, containers: 1, inFlight: 1 },
        ],
      },
    });
  });

  it.each([
    [1, 10],
    [2, 10],
    [3, 9],
    [4, 8],
    [5, 10],
    [6, 6],
    [7, 7],
    [10, 10],
    [12, 10],
  ])('takes batches that come out even for %d calls in flight: %d messages', (inFlight, batchSize) => {
    const capacity = { siebelConnections: 100, queue: inFlight * 2, api: 1, sync: 1, backfill: 0, tools: 0 };

    expect(loosely({ operations, queue: { inFlight, accepts: [] }, capacity }).queue.batchSize).toBe(batchSize);
  });

  it('never plans more calls in flight than the shares', () => {
    const { queue, capacity } = derive(integration);
    expect(queue.maximumConcurrency * queue.inFlight).toBeLessThanOrEqual(integration.capacity.queue);
    expect(capacity.planned).toBeLessThanOrEqual(capacity.allowance);
  });
});
