import { describe, expect, it } from 'vitest';
import { answer, clientOver, parameters, settledOn } from './parts.ts';

const CHECK = { service: 'Credit Check', method: 'Check', input: { Account: '1-1', Amount: 12 }, repeatable: true };

describe('service', () => {
  it('posts its input in body, which Siebel demands without saying so', async () => {
    const { client, http, options } = clientOver([answer(200, { Rating: 'A' })]);
    await expect(client.service(CHECK, options)).resolves.toEqual({ Rating: 'A' });
    expect(http.requests).toMatchObject([
      {
        method: 'POST',
        path: '/siebel/v1.0/service/Credit%20Check/Check',
        body: '{"body":{"Account":"1-1","Amount":12}}',
      },
    ]);
  });

  it('posts a message as it is when the answer is to keep its format', async () => {
    const { client, http, options } = clientOver([answer(200, { SiebelMessage: {} })]);
    const input = { SiebelMessage: { MessageId: '' } };
    const call = { ...CHECK, input, parameters: { PrimaryRowId: '1-2+3' }, matchRequestFormat: true };
    await client.service(call, options);
    expect(http.requests[0]?.body).toBe('{"SiebelMessage":{"MessageId":""}}');
    expect(http.requests.map(parameters)).toEqual([{ PrimaryRowId: '1-2+3', matchrequestformat: 'y' }]);
    expect(http.requests[0]?.path).toContain('1-2%2B3');
  });

  it.each([answer(200), answer(204)])('gives no output for an empty answer', async (response) => {
    const { client, options } = clientOver([response]);
    await expect(client.service(CHECK, options)).resolves.toEqual({});
  });

  it('takes the wrapper off its output', async () => {
    const { client, options } = clientOver([answer(200, { items: { Rating: 'A', Limits: [{ Amount: '1' }] } })]);
    await expect(client.service(CHECK, options)).resolves.toMatchObject({ Rating: 'A' });
  });

  it('fails when the output says so, by Siebel or by the members that were named', async () => {
    const { client, options } = clientOver([
      answer(200, { 'Error Code': 'SBL-EXL-00151', 'Error Message': 'No.' }),
      answer(200, { errorCode: '17', Rating: '' }),
      answer(200, { errorCode: '0', Rating: 'A' }),
    ]);
    const failure = { errorCode: ['', '0'] };
    await expect(client.service(CHECK, options)).rejects.toMatchObject({ code: 'SIEBEL_BUSINESS' });
    await expect(client.service({ ...CHECK, failure }, options)).rejects.toMatchObject({ name: 'SiebelResponseError' });
    await expect(client.service({ ...CHECK, failure }, options)).resolves.toMatchObject({ Rating: 'A' });
  });

  it.each([
    answer(400, { ERROR: 'None.(SBL-EAI-04378)' }),
    answer(404, { ERROR: 'There is no data for the requested resource' }),
  ])('takes "no record" of a service for a refusal, not for an output without members', async (response) => {
    const { client, options } = clientOver([response]);
    await expect(client.service(CHECK, options)).rejects.toMatchObject({
      code: 'NOT_FOUND',
      failureClass: 'message',
      message: expect.stringContaining('Credit Check.Check'),
    });
  });

  it('names the method in a failure of the set-up', async () => {
    const { client, options } = clientOver([answer(404, '<html>')]);
    await expect(client.service(CHECK, options)).rejects.toThrow(/Credit Check\.Check/);
  });

  it('is sent again only when it says that this does no harm', async () => {
    const repeated = clientOver([answer(502), answer(200, { Rating: 'A' })]);
    await settledOn(repeated.clock, repeated.client.service(CHECK, repeated.options));
    expect(repeated.http.requests).toHaveLength(2);
    const once = clientOver([answer(502), answer(200, { Rating: 'A' })]);
    await expect(once.client.service({ ...CHECK, repeatable: false }, once.options)).rejects.toMatchObject({
      code: 'OUTCOME_UNKNOWN',
      cause: { code: 'SIEBEL_UNAVAILABLE' },
    });
    expect(once.http.requests).toHaveLength(1);
  });

  it.each(['../data', 'a/b', 'describe', ''])('sends nothing to a method named %j', async (method) => {
    const { client, http, options } = clientOver([]);
    await expect(client.service({ ...CHECK, method }, options)).rejects.toMatchObject({ code: 'CONFIGURATION' });
    expect(http.requests).toEqual([]);
  });
});

describe('workflow', () => {
  const CLOSE = { process: 'Close Request', input: { 'Object Id': '1-1' }, repeatable: false };

  it('posts its input as it is, and gives its output', async () => {
    const output = { 'Error Code': '', 'Error Message': '', 'Process Instance Id': '1-99', InOut1: 'x' };
    const { client, http, options } = clientOver([answer(200, output)], { site: { workspace: 'dev' } });
    await expect(client.workflow(CLOSE, options)).resolves.toEqual(output);
    expect(http.requests).toMatchObject([
      {
        method: 'POST',
        path: '/siebel/v1.0/workflow/Close%20Request?workspace=dev',
        body: '{"Object Id":"1-1"}',
      },
    ]);
  });

  it('fails inside a success', async () => {
    const output = { 'Error Code': 'WF_ERR_7', 'Error Message': 'No.', Status: 'SUCCESS' };
    const { client, options } = clientOver([answer(200, output)]);
    await expect(client.workflow(CLOSE, options)).rejects.toMatchObject({ name: expect.stringMatching(/Error$/) });
  });

  it('is never sent twice when its outcome is unknown', async () => {
    const { client, http, options } = clientOver([answer(200, '<html>', { 'content-type': 'text/html' })]);
    await expect(client.workflow(CLOSE, options)).rejects.toMatchObject({
      code: 'OUTCOME_UNKNOWN',
      cause: { code: 'NOT_JSON' },
    });
    expect(http.requests).toHaveLength(1);
  });
});

describe('a call that may not be repeated, and is refused for a name that is not known', () => {
  const within = answer(500, { ERROR: 'Could not find business component.(SBL-DAT-00416)' });
  const atTheDoor = answer(500, { ERROR: 'Not enabled.(SBL-EAI-50238)' });
  const service = { ...CHECK, repeatable: false };
  const workflow = { process: 'Close Request', input: {}, repeatable: false };

  it('may be done in part when the name is one within it', async () => {
    const { client, options } = clientOver([within, within]);
    const unknown = { code: 'OUTCOME_UNKNOWN', cause: { code: 'SIEBEL_CONFIGURATION' } };
    await expect(client.service(service, options)).rejects.toMatchObject(unknown);
    await expect(client.workflow(workflow, options)).rejects.toMatchObject(unknown);
  });

  it('was not executed when the name is its own', async () => {
    const { client, options } = clientOver([atTheDoor, within]);
    const refused = { code: 'SIEBEL_CONFIGURATION', failureClass: 'configuration' };
    await expect(client.service(service, options)).rejects.toMatchObject(refused);
    // Nothing is lost by running it again.
    await expect(client.service(CHECK, options)).rejects.toMatchObject(refused);
  });
});
