import type { CallKind, CallOptions, SiebelCall } from '../../lib/siebel/call.ts';
import type { ComponentAddress, SiebelClient } from '../../lib/siebel/component.ts';

// Programs that must not compile: what a call may not do, its type does not let it do.

declare const client: SiebelClient;
declare const options: CallOptions;
declare const account: ComponentAddress;

/** Sends again what it is given, so that it takes nothing that may not be repeated. */
declare function sendTwice<A extends readonly unknown[], R>(
  call: SiebelCall<'read' | 'repeatable', A, R>,
  ...args: A
): Promise<R>;

await sendTwice(client.get, account, '1-1', {});
await sendTwice(client.upsert, account, { Name: 'Acme' });
await sendTwice(client.deleteMany, account, ['1-1']);
// @ts-expect-error An insert sent twice inserts twice.
await sendTwice(client.insert, account, { Name: 'Acme' });
// @ts-expect-error Nor may a batch of inserts be sent again.
await sendTwice(client.insertMany, account, [{ Name: 'Acme' }]);
// @ts-expect-error A child without an Id would be inserted again.
await sendTwice(client.insertChild, account, { 'Last Name': 'Lee' });
// @ts-expect-error Only its owner knows whether a service may be repeated: the call says so, not the method.
await sendTwice(client.service, { service: 'A', method: 'B', input: {}, repeatable: true });

const [inserted] = await client.insertMany(account, [{ Name: 'Acme' }], options);
// @ts-expect-error A batch of inserts is all or nothing: no row of it fails alone.
inserted?.error;

const kind: CallKind | undefined = client.associate.kind;
// @ts-expect-error To associate is to insert what is not there.
const repeatable: 'repeatable' | undefined = client.associate.kind;

// @ts-expect-error There is no default for whether a service may be repeated.
await client.service({ service: 'A', method: 'B', input: {} }, options);
// @ts-expect-error Nor for a workflow.
await client.workflow({ process: 'A', input: {} }, options);
// @ts-expect-error Siebel's own view mode shows a technical user nothing, so it is always said.
await client.get({ businessObject: 'Account', businessComponent: 'Account' }, '1-1', {}, options);
// @ts-expect-error Records hold text, as the wire does.
await client.upsert(account, { Staff: 12 }, options);
// @ts-expect-error Searches are built of conditions, never of text.
await client.queryPage(account, { where: '[Name] = "A"', pageSize: 10, startRow: 0 }, options);

export { kind, repeatable };
