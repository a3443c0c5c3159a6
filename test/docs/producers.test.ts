import { describe, expect, it } from 'vitest';
import { type QueueMessage, readMessage } from '../../lib/queue/message.ts';
import { exampleIntegration } from '../support/example-integration.ts';
import { blocks, readPage } from './samples.ts';

const page = await readPage('docs/producers.md');

describe('docs/producers.md', () => {
  it('shows a message that the queue of the example takes', () => {
    const [body = '', ...more] = blocks(page, 'json');
    const { operation, key, input } = readMessage(body).result as QueueMessage;

    expect(more).toEqual([]);
    expect(exampleIntegration.queue.accepts).toContain(operation);
    expect(key).toBe('orders/4711/3');
    expect(exampleIntegration.operations.get(operation)?.input.safeParse(input)).toMatchObject({ success: true });
  });

  it('names every member of a message, and no other', () => {
    const [, table = ''] = /^## The message$([\s\S]*?)^## /m.exec(page) ?? [];
    const members = [...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
    const withAll = { operation: 'a', key: 'b', input: {}, notAfter: '2026-03-01T12:00:00Z', schema: 1 };

    expect(members).toEqual(Object.keys(withAll));
    expect(readMessage(JSON.stringify(withAll)).result).toMatchObject({ operation: 'a' });
    expect(readMessage(JSON.stringify({ ...withAll, more: 1 })).result).toMatchObject({ code: 'UNKNOWN_FIELD' });
  });
});
