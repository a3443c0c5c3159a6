import { errorNameOf } from '../errors.ts';

/** Errors that waiting does not mend: permissions, keys, addresses, settings. */
const REFUSALS: ReadonlySet<string> = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'InvalidAccountIdException',
  'InvalidAddress',
  'InvalidClientTokenId',
  'InvalidSecurity',
  'InvalidSignatureException',
  'KmsAccessDenied',
  'KmsDisabled',
  'KmsInvalidKeyUsage',
  'KmsInvalidState',
  'KmsNotFound',
  'KmsOptInRequired',
  'NonExistentQueue',
  'NotAuthorizedForDetailTypeException',
  'NotAuthorizedForSourceException',
  'QueueDoesNotExist',
  'ResourceNotFoundException',
  'UnrecognizedClientException',
  'UnsupportedOperation',
]);

/** Errors of what a request holds: the same entries are refused each time. */
const CONTENT_REFUSALS: ReadonlySet<string> = new Set([
  'BatchRequestTooLong',
  'InvalidArgument',
  'InvalidMessageContents',
  'InvalidParameterValue',
  'InvalidParameterValueException',
  'MalformedDetail',
  'RedactionFailure',
  'RequestEntityTooLargeException',
  'ValidationException',
]);

/** Whether an error, or the refusal of one entry, is for a person to mend. */
export function isRefusal(code: string): boolean {
  return REFUSALS.has(plainCode(code));
}

/**
 * Whether an error is of what was sent, so that it will never be taken.
 *
 * @param isSendersFault What the service says of that itself; refusals for too many requests say so as well.
 */
export function isForGood(code: string, isSendersFault = false): boolean {
  const plain = plainCode(code);
  return CONTENT_REFUSALS.has(plain) || (isSendersFault && !isRefusal(plain) && !/throttl|OverLimit/i.test(plain));
}

/** The name of an error, in the newer of the two protocols of SQS: `NonExistentQueue`, `KmsAccessDenied`. */
export function plainNameOf(error: unknown): string {
  return plainCode(errorNameOf(error));
}

// The older one says `AWS.SimpleQueueService.NonExistentQueue` and `KMS.AccessDeniedException`.
function plainCode(code: string): string {
  return code.replace(/^AWS\.SimpleQueueService\./, '').replace(/^KMS\.(\w+?)(Exception)?$/, 'Kms$1');
}
