import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { clientSettings } from '../../local-stack/aws/account.ts';
import type { SecretsManagerFault } from '../../local-stack/aws/secrets-manager.ts';
import { accountMessage, type TestStack, testStack } from './stack.ts';

let stack: TestStack;
let secretsManager: SecretsManagerClient;

beforeAll(async () => {
  stack = await testStack({
    settings: { TOKEN_TIMEOUT_MS: '1000', TOKEN_TRUST_MS: '0', QUEUE_BACKOFF_SECONDS: '300' },
  });
  // These tests carry the batches themselves, so that not one message comes back unasked.
  await stack.mapping.stop();
  secretsManager = new SecretsManagerClient(clientSettings(stack.ready.secretsManagerEndpoint));
});

beforeEach(async () => {
  await putSecret(credentials());
  await stack.reset('queue');
});

afterAll(async () => {
  secretsManager?.destroy();
  await stack?.close();
});

function credentials(): { clientId: string; clientSecret: string } {
  const { id, secret } = stack.identity.callerClient;
  return { clientId: id, clientSecret: secret };
}

async function putSecret(value: unknown) {
  const SecretString = typeof value === 'string' ? value : JSON.stringify(value);
  await secretsManager.send(new PutSecretValueCommand({ SecretId: stack.ready.clientSecretId, SecretString }));
}

const accounts = (Name: string) => stack.siebel.records('Account', { Name });
const BROKEN = '{"operation":"account.upsert",';

/**
 * Hands over a message that needs a token and one that is refused without any, twice to the same container; then mends what
 * is wrong, and hands the first one to a new container.
 */
async function outlast(name: string, mend: () => unknown) {
  const parkedBefore = (await stack.parked()).length;
  const since = stack.callsSoFar();
  const before = counted();
  const outcomes: number[] = [];
  await stack.send(accountMessage(name), BROKEN);
  const first = await stack.handOver();
  outcomes.push(first.failed.length);
  const costs = difference(counted(), before);
  const hidden = await stack.queued();

  await first.reveal();
  const second = await stack.handOver();
  outcomes.push(second.failed.length);
  const costsInPause = difference(counted(), before);
  const callsMeanwhile = stack.calls('/', since).length;
  const parked = (await stack.parked()).slice(parkedBefore).map(({ code }) => code);

  await mend();
  await stack.restart('queue');
  await second.reveal();
  const third = await stack.handOver();
  outcomes.push(third.failed.length);
  return {
    /** How many messages went back each time. */
    outcomes,
    hidden,
    parked,
    callsMeanwhile,
    tokenRequests: costs.tokenRequests,
    secretReads: costs.secretReads,
    inPause: costsInPause.tokenRequests - costs.tokenRequests + costsInPause.secretReads - costs.secretReads,
    second,
    records: accounts(name).length,
    queued: await stack.queued(),
    parkedInTheEnd: (await stack.parked()).length - parkedBefore,
  };
}

function counted() {
  return { tokenRequests: stack.identity.stats().tokenRequests, secretReads: stack.secrets.stats().reads };
}

function difference(now: ReturnType<typeof counted>, before: ReturnType<typeof counted>) {
  return {
    tokenRequests: now.tokenRequests - before.tokenRequests,
    secretReads: now.secretReads - before.secretReads,
  };
}

/** Held back without a call, hidden, not parked; nobody is asked again in the pause; done when all is well again. */
const HELD_BACK = {
  outcomes: [1, 1, 0],
  hidden: { waiting: 0, hidden: 1 },
  parked: ['BAD_JSON'],
  callsMeanwhile: 0,
  inPause: 0,
  records: 1,
  queued: { waiting: 0, hidden: 0 },
  parkedInTheEnd: 1,
};

describe('a token endpoint that gives no token holds messages back, and costs them nothing', () => {
  it.each([
    ['200 with error (F24)', { body: { error: 'server_error' } }, 2],
    ['200 with HTML (F25)', { html: true }, 2],
    ['200 without a token', { body: { token_type: 'Bearer', expires_in: 3600 } }, 2],
    ['401 invalid_client (F18)', { status: 401, body: { error: 'invalid_client' } }, 1],
    ['401 with a page of a gateway', { status: 401, html: true }, 1],
    ['429 with Retry-After beyond any deadline (F20)', { status: 429, headers: { 'Retry-After': '600' } }, 1],
    ['503 (F22)', { status: 503, body: '' }, 2],
    ['a reset', { reset: 'before' }, 2],
    ['nothing (F23)', { hang: true }, 2],
    ['a redirect (F34)', { status: 307, headers: { Location: 'https://127.0.0.1:1/token' } }, 2],
    ['invalid_scope (F19)', { status: 400, body: { error: 'invalid_scope' } }, 1],
  ])('%s', async (name, fault, attempts) => {
    stack.identity.faults.add({ target: 'token', times: 0, fault });
    const fired = () => stack.identity.faults.list()[0]?.fired;
    let struck: number | undefined;
    const { tokenRequests, second, secretReads, ...rest } = await outlast(name, () => {
      struck = fired();
      stack.identity.faults.clear();
    });
    expect(struck).toBe(attempts);
    expect(tokenRequests).toBe(attempts);
    // A refused client may have been rotated: the secret is read once more.
    expect(secretReads).toBe(name.startsWith('401') ? 2 : 1);
    expect(rest).toEqual(HELD_BACK);
    // Nothing was settled in the second batch, so that Lambda is told to slow down (R03).
    expect(second.payload).toMatchObject({ errorType: 'BatchFailedError' });
    expect(second.payload).toMatchObject({ errorMessage: expect.stringContaining('TOKEN_REQUEST_PAUSED (1)') });
  });

  it('429 with a Retry-After that can be waited for: it is obeyed, and the call is done (F20)', async () => {
    stack.identity.faults.add({ target: 'token', fault: { status: 429, headers: { 'Retry-After': '1' } } });
    await stack.send(accountMessage('patient with tokens'));
    const { failed } = await stack.handOver();
    expect(stack.identity.faults.list()[0]?.fired).toBe(1);
    expect(failed).toEqual([]);
    expect(accounts('patient with tokens')).toHaveLength(1);
  });

  it('one bad answer: the second attempt brings the token, and nobody notices', async () => {
    stack.identity.faults.add({ target: 'token', fault: { html: true } });
    await stack.send(accountMessage('unnoticed'));
    const { failed } = await stack.handOver();
    expect(stack.identity.faults.list()[0]?.fired).toBe(1);
    expect(failed).toEqual([]);
    expect(accounts('unnoticed')).toHaveLength(1);
  });
});

describe('a secret that does not hold client credentials stops the work, and no token is asked for', () => {
  it.each([
    ['without clientSecret (F08)', () => ({ clientId: credentials().clientId }), /secret .*"clientSecret" is missing/],
    [
      'with an empty clientSecret (F08)',
      () => ({ ...credentials(), clientSecret: '' }),
      /secret .*"clientSecret" is empty/,
    ],
    [
      'with a line break behind it (F14)',
      () => ({ ...credentials(), clientSecret: `${credentials().clientSecret}\n` }),
      /secret .*"clientSecret" .* white space/,
    ],
    ['that is not JSON (F07)', () => `clientSecret=${credentials().clientSecret}`, /secret .*BAD_JSON/],
  ])('%s', async (name, secret, told) => {
    await putSecret(secret());
    const lines = stack.lines.length;
    const settled = stack.logged('CALL_SETTLED').length;
    const { tokenRequests, secretReads, second, ...rest } = await outlast(`secret ${name}`, () =>
      putSecret(credentials()),
    );
    expect({ tokenRequests, secretReads }).toEqual({ tokenRequests: 0, secretReads: 1 });
    expect(rest).toEqual(HELD_BACK);
    expect(second.functionError).toBe('Unhandled');

    const written = stack.lines.slice(lines).map(({ line }) => line);
    expect(
      stack
        .logged('CALL_SETTLED')
        .slice(settled)
        .map(({ detail }) => String(detail)),
    ).toContainEqual(expect.stringMatching(told));
    expect(written.filter((line) => line.includes(credentials().clientSecret))).toEqual([]);
  });
});

describe('a Secrets Manager that does not give the secret holds messages back', () => {
  it.each<[string, SecretsManagerFault, readonly number[]]>([
    // The SDK waits up to 3 s between three attempts, and 3 s is what they may take.
    ['throttled (F01)', 'throttle', [2, 3]],
    ['failing (F02)', 'unavailable', [3]],
    ['silent (F15)', 'silent', [1]],
    ['denied (F03)', 'deny', [1]],
    ['key not usable (F04)', 'undecryptable', [1]],
  ])('%s', async (name, fault, attempts) => {
    stack.secrets.failReads(fault);
    const firedBefore = stack.secrets.stats().faults;
    let struck = 0;
    const { tokenRequests, secretReads, second, ...rest } = await outlast(`secrets ${name}`, () => {
      struck = stack.secrets.stats().faults - firedBefore;
      stack.secrets.recover();
    });
    expect(attempts).toContain(struck);
    expect({ tokenRequests, secretReads }).toEqual({ tokenRequests: 0, secretReads: struck });
    expect(rest).toEqual(HELD_BACK);
    expect(JSON.stringify(second.payload)).not.toContain('arn:');
  });

  it.each<[string, SecretsManagerFault, number]>([
    ['throttled once (F01)', 'throttle', 1],
    ['failing twice (F02)', 'unavailable', 2],
  ])('%s: the next attempt brings the secret, and nobody notices', async (name, fault, times) => {
    stack.secrets.failReads(fault, { times });
    const before = counted();
    await stack.send(accountMessage(name));
    const { failed } = await stack.handOver();
    expect(failed).toEqual([]);
    expect(difference(counted(), before)).toEqual({ tokenRequests: 1, secretReads: times + 1 });
    expect(accounts(name)).toHaveLength(1);
  });
});

describe('a rotated client secret', () => {
  it('is read anew when the old one is refused, and the call is done (F10)', async () => {
    await stack.send(accountMessage('before rotation'));
    expect((await stack.handOver()).failed).toEqual([]);

    stack.identity.regenerateSecret('caller');
    await putSecret(credentials());
    stack.identity.revokeAll();
    const since = stack.callsSoFar();
    const before = counted();
    await stack.send(accountMessage('after rotation'));
    expect((await stack.handOver()).failed).toEqual([]);
    expect(stack.calls('/Account/', since).map(({ status }) => status)).toEqual([401, 200]);
    expect(difference(counted(), before)).toEqual({ tokenRequests: 2, secretReads: 1 });
    expect(accounts('after rotation')).toHaveLength(1);
  });

  it('that AWSCURRENT does not have yet: messages wait for it (F11)', async () => {
    stack.identity.regenerateSecret('caller');
    const { tokenRequests, secretReads, second, ...rest } = await outlast('early rotation', () =>
      putSecret(credentials()),
    );
    expect({ tokenRequests, secretReads }).toEqual({ tokenRequests: 1, secretReads: 2 });
    expect(rest).toEqual(HELD_BACK);
    expect(second.functionError).toBe('Unhandled');
  });
});
