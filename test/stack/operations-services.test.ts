import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Domain, startDomain } from '../local-stack/siebel-fixture.ts';
import { operationsOn } from './operations-parts.ts';

let domain: Domain;
beforeAll(async () => {
  domain = await startDomain();
});
afterAll(() => domain?.identity.close());

describe('a business service', () => {
  it('takes and gives typed arguments', async () => {
    const { run, siebel } = await operationsOn(domain);
    const [account] = siebel.records('Account');

    const answer = await run('credit.check', { Account: account?.['Name'], Amount: '2500.00' });

    expect(answer).toEqual({ Rating: 'A', Approved: true, 'Check Number': expect.stringMatching(/./) });
  });

  it('that fails inside a success is a refusal, by Siebel’s members or its own', async () => {
    const { run, siebel } = await operationsOn(domain);
    const [contact] = siebel.records('Contact');

    await expect(run('credit.check', { Account: 'Nobody', Amount: '1' })).rejects.toMatchObject({
      failureClass: 'message',
    });
    await expect(run('membership.lookup', { 'Member Number': 'nobody' })).rejects.toMatchObject({
      failureClass: 'message',
    });
    expect(await run('membership.lookup', { 'Member Number': contact?.['Person UId'] })).toEqual({
      'Member Name': `${contact?.['First Name']} ${contact?.['Last Name']}`,
    });
  });

  it('that answers nothing has done its work', async () => {
    const { run, siebel } = await operationsOn(domain);
    const before = siebel.records('Action').length;
    expect(await run('activity.record', { Description: 'called' })).toEqual({});
    expect(siebel.records('Action')).toHaveLength(before + 1);
  });

  it('that may not be repeated is not, when its answer is lost', async () => {
    const { run, siebel } = await operationsOn(domain);
    const before = siebel.records('Action').length;
    siebel.addFault({ method: 'POST', fault: { reset: 'after-commit' } });
    await expect(run('activity.record', { Description: 'called' })).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    expect(siebel.records('Action')).toHaveLength(before + 1);
  });

  it.each([1, 2])('takes property sets and lists, %d rows', async (count) => {
    const { run } = await operationsOn(domain);
    const phones = ['Work', 'Home'].slice(0, count).map((Use, index) => ({ Use, Number: `+49${index}` }));
    const answer = await run('contact.intake', {
      Contact: { 'Person UId': 'P-NEW', 'First Name': 'Ada', 'Last Name': 'Lovelace' },
      'ListOfPhone Number': { 'Phone Number': phones },
      ListOfNote: { Note: [{ Text: 'a' }, { Text: 'b' }] },
    });
    expect(answer).toMatchObject({
      'Contact Id': expect.stringMatching(/^1-/),
      'Phone Number': phones,
      'Note Count': 2,
    });
  });

  it('takes JSON numbers and booleans, and gives text that is read by its type', async () => {
    const { run } = await operationsOn(domain);
    expect(await run('order.price', { Quantity: 2, 'Unit Price': '12.50', Rush: true })).toEqual({
      Total: '27.50',
      Rush: true,
      Priced: true,
    });
  });

  it('takes and gives Siebel messages', async () => {
    const { run, siebel } = await operationsOn(domain);
    const [account] = siebel.records('Account');
    const answer = await run('account.by-example', { SiebelMessage: [{ Name: account?.['Name'] }] });
    expect(answer).toEqual({
      SiebelMessage: [{ Id: account?.['Id'], Name: account?.['Name'], Location: account?.['Location'] }],
    });
  });
});

describe('a workflow', () => {
  it('runs with its process properties, and fails by its error code beside a good status', async () => {
    const { run, siebel } = await operationsOn(domain);
    const open = siebel.records('Service Request').find((row) => row['Status'] === 'Open');
    const input = { 'Object Id': open?.['Id'] };

    expect(await run('service-request.close', input)).toEqual({ Status: 'SUCCESS' });
    await expect(run('service-request.close', input)).rejects.toMatchObject({ failureClass: 'message' });
  });

  it('takes and gives Siebel messages', async () => {
    const positions = { [domain.identity.callerClient.id]: 'Sales Representative 1' };
    const { run, siebel } = await operationsOn(domain, { positions });
    const [account] = siebel.records('Account');
    const answer = await run('account.enquiry', { InOut1: 'x', SiebelMessage: [{ Name: account?.['Name'] }] });
    expect(answer).toEqual({
      InOut1: 'x',
      SiebelMessage: [{ Name: account?.['Name'], Location: account?.['Location'] }],
    });
  });
});
