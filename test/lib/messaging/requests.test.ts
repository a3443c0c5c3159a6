import { describe, expect, it } from 'vitest';
import { request } from '../../../lib/messaging/requests.ts';

const failing = (name: string, words = 'canary-7f3a') =>
  request('https://sqs.example.com/1/calls', async () => {
    throw Object.assign(new Error(words), { name });
  });

describe('a request to a queue', () => {
  it.each([
    'AccessDenied',
    'AccessDeniedException',
    'QueueDoesNotExist',
    'AWS.SimpleQueueService.NonExistentQueue',
    'UnrecognizedClientException',
    'KmsAccessDenied',
  ])('is QUEUE_DENIED after %s', async (name) => {
    await expect(failing(name)).rejects.toMatchObject({ code: 'QUEUE_DENIED', failureClass: 'configuration' });
  });

  it.each(['RequestThrottled', 'ThrottlingException', 'TimeoutError', 'InternalFailure', 'SomethingNew'])(
    'is QUEUE_UNAVAILABLE after %s',
    async (name) => {
      await expect(failing(name)).rejects.toMatchObject({ code: 'QUEUE_UNAVAILABLE', failureClass: 'environment' });
    },
  );

  it.each([
    ['InvalidMessageContents', 'BAD_CHARACTER'],
    ['AWS.SimpleQueueService.InvalidParameterValue', 'BAD_TYPE'],
    ['InvalidParameterValueException', 'BAD_TYPE'],
    ['InvalidParameterValue', 'TOO_LONG', 'Reason: Message must be shorter than 262144 bytes.'],
  ])('is of the message itself after %s: %s', async (name, code, words = 'canary-7f3a') => {
    await expect(failing(name, words)).rejects.toMatchObject({ code, failureClass: 'message' });
  });

  it('names queue and failure, and nothing of what was sent', async () => {
    const error = await failing('RequestThrottled').catch((thrown) => thrown);
    expect(String(error)).toBe('ServiceUnavailableError: queue "calls" did not answer (RequestThrottled)');
  });

  it('hands on what the queue answers', async () => {
    expect(await request('https://sqs.example.com/1/calls', async () => 7)).toBe(7);
  });
});
