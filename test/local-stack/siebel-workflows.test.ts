import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Reply } from './https-client.ts';
import { type SiebelCaller, siebelCaller } from './siebel-caller.ts';
import { type Domain, type SiebelFixture, startDomain, startSiebelFixture } from './siebel-fixture.ts';

let domain: Domain;
let fixture: SiebelFixture;
let caller: SiebelCaller;

beforeAll(async () => {
  domain = await startDomain();
  fixture = await startSiebelFixture(domain);
  caller = await siebelCaller(fixture);
});

afterAll(async () => {
  await fixture.close();
  await domain.identity.close();
});

const run = (process: string, properties?: unknown): Promise<Reply> => caller.post(`/workflow/${process}`, properties);

const requestId = async (): Promise<string> =>
  (await run('Create Service Request', { Abstract: 'Made for a test' })).json()['Siebel Operation Object Id'];

const requestOf = (id: string) => fixture.siebel.records('Service Request', { Id: id })[0];

describe('Siebel stand-in, workflow processes', () => {
  it('take their properties at the top, and answer theirs beside the five that each process has', async () => {
    const reply = await run('Create Service Request', { 'Account Name': 'Harbour Supplies', Abstract: 'No heating' });
    const answer = reply.json();

    expect(reply.status).toBe(200);
    expect(answer).toEqual({
      'SR Number': expect.any(String),
      'Error Code': '',
      'Error Message': '',
      'Object Id': '',
      'Process Instance Id': expect.stringMatching(/^1-/),
      'Siebel Operation Object Id': expect.stringMatching(/^1-/),
    });
    expect(requestOf(answer['Siebel Operation Object Id'])).toMatchObject({
      Abstract: 'No heating',
      Account: 'Harbour Supplies',
      'SR Number': answer['SR Number'],
    });
  });

  it('run again with every call', async () => {
    const abstract = { Abstract: 'Twice the same' };
    const [first, second] = [
      await run('Create Service Request', abstract),
      await run('Create Service Request', abstract),
    ];

    expect(first.json()['Siebel Operation Object Id']).not.toBe(second.json()['Siebel Operation Object Id']);
    expect(first.json()['Process Instance Id']).not.toBe(second.json()['Process Instance Id']);
    expect(fixture.siebel.records('Service Request', abstract)).toHaveLength(2);
  });

  it('ignore properties inside a body, where services have them', async () => {
    const reply = await run('Create Service Request', { body: { Abstract: 'Not seen' } });

    expect([reply.status, reply.json().ERROR]).toEqual([500, expect.stringContaining('SBL-DAT-00498')]);
    expect(fixture.siebel.records('Service Request', { Abstract: 'Not seen' })).toEqual([]);
  });

  it('give back properties that go both ways, and messages with their wrappers', async () => {
    const enquiry = (name: string) =>
      run('Account Enquiry?ViewMode=All', {
        InOut1: 'as it was',
        'Object Id': '1-OBJ',
        SiebelMessage: {
          MessageId: '',
          MessageType: 'Integration Object',
          IntObjectName: 'Account Interface',
          IntObjectFormat: 'Siebel Hierarchical',
          'ListOfAccount Interface': { Account: { Name: name } },
        },
      });
    const found = (await enquiry('Harbour Supplies')).json();
    const none = (await enquiry('Nobody At All')).json();

    expect(found).toMatchObject({ InOut1: 'as it was', 'Object Id': '1-OBJ', 'Error Code': '' });
    expect(found.SiebelMessage).toMatchObject({
      IntObjectName: 'Account Interface',
      MessageType: 'Integration Object',
    });
    expect(found.SiebelMessage['ListOfAccount Interface'].Account).toEqual([
      expect.objectContaining({ Name: 'Harbour Supplies' }),
    ]);
    expect(none.SiebelMessage['ListOfAccount Interface']).toEqual({ Account: [] });
  });

  it('can fail inside a success, even beside the status SUCCESS', async () => {
    const id = await requestId();
    const [closed, again] = [
      await run('Close Service Request', { 'Object Id': id }),
      await run('Close Service Request', { 'Object Id': id }),
    ];

    expect(closed.json()).toMatchObject({ Status: 'SUCCESS', 'Error Code': '', 'Object Id': id });
    expect(requestOf(id)).toMatchObject({ Status: 'Closed' });
    expect([again.status, again.json()]).toEqual([
      200,
      expect.objectContaining({
        Status: 'SUCCESS',
        'Error Code': 'WF_ERR_NOT_OPEN',
        'Error Message': 'There is no open service request.',
      }),
    ]);
  });

  it('tell a failed step as 500 with the cause in the last block', async () => {
    const id = await requestId();
    const done = await run('Escalate Service Request', { 'Object Id': id });
    const described = (request: string) =>
      fixture.siebel.records('Action', { Description: `Escalation of ${request}` }).length;
    const failed = await run('Escalate Service Request', { 'Object Id': '1-NONE' });

    expect([done.status, requestOf(id)]).toEqual([200, expect.objectContaining({ Priority: '1-ASAP' })]);
    expect([failed.status, failed.json().ERROR.split('\n--\n')]).toEqual([
      500,
      [
        "A step of the process 'Escalate Service Request' failed.(SBL-BPR-00162)",
        "No rows retrieved for integration component 'Service Request'.(SBL-EAI-04378)",
      ],
    ]);
    expect([described(id), described('1-NONE')]).toEqual([1, 0]);
  });

  it('are refused without the responsibility', async () => {
    const refused = await run('Approve Discount', { Discount: '10' });
    await fixture.control('PATCH', '/-/settings', { responsibilities: { 'siebel-caller': ['Discount Approver'] } });
    const allowed = await run('Approve Discount', { Discount: '10' });
    await fixture.control('DELETE', '/-/settings');

    expect([refused.status, refused.json()]).toEqual([
      403,
      { ERROR: "Access to Resource 'Approve Discount' of type BUS_PROC is denied(SBL-DAT-00825)" },
    ]);
    expect([allowed.status, allowed.json().Approved]).toEqual([200, 'Y']);
  });

  it('are refused to a guest', async () => {
    const anonymous = await startSiebelFixture(domain, { anonymous: true, records: 0 });
    const url = `${anonymous.siebel.baseUrl}/workflow/Create%20Service%20Request`;
    const reply = await anonymous.client.call(url, { method: 'POST', body: '{"Abstract":"x"}' });
    await anonymous.close();

    expect(reply.status).toBe(403);
  });

  it('that do not exist are 500, other verbs 405', async () => {
    const unknown = await run('No Such Process', {});
    const get = await caller.get('/workflow/Create Service Request');
    const deeper = await run('Create Service Request/More', { Abstract: 'x' });
    const noMessage = await run('Account Enquiry', {});

    expect([unknown.status, unknown.json().ERROR]).toEqual([500, expect.stringContaining('SBL-DAT-00144')]);
    expect([get.status, deeper.status, noMessage.status]).toEqual([405, 404, 500]);
  });

  it('run through the service Workflow Process Manager, too', async () => {
    const process = (body: object) => caller.post('/service/Workflow Process Manager/RunProcess', { body });
    const made = await process({ ProcessName: 'Create Service Request', Abstract: 'By the manager' });
    const refused = await process({ ProcessName: 'Approve Discount' });
    const nameless = await process({ Abstract: 'By nobody' });
    const message = {
      IntObjectName: 'Account Interface',
      'ListOfAccount Interface': { Account: { Name: 'Harbour Supplies' } },
    };
    const enquiry = await process({ ProcessName: 'Account Enquiry', ViewMode: 'All', SiebelMessage: message });

    expect(made.json()).toMatchObject({ 'Error Code': '', 'SR Number': expect.any(String) });
    expect(fixture.siebel.records('Service Request', { Abstract: 'By the manager' })).toHaveLength(1);
    expect([refused.status, nameless.status, nameless.json().ERROR]).toEqual([
      403,
      500,
      expect.stringContaining("'ProcessName'"),
    ]);
    expect(enquiry.json().items).toMatchObject({ Name: 'Harbour Supplies' });
  });

  it('have no address of their own before 22.3, where the service works', async () => {
    const older = await startSiebelFixture(domain, { workflows: false, records: 0 });
    const olderCaller = await siebelCaller(older);
    const direct = await olderCaller.post('/workflow/Create Service Request', { Abstract: 'Old' });
    const body = { ProcessName: 'Create Service Request', Abstract: 'Old' };
    const managed = await olderCaller.post('/service/Workflow Process Manager/RunProcess', { body });
    await older.close();

    expect([direct.status, managed.status]).toEqual([404, 200]);
  });
});
