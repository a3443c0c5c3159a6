import {
  GetSecretValueCommand,
  type GetSecretValueCommandOutput,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';

import { ConfigurationError, errorNameOf, ServiceUnavailableError } from '../errors.ts';
import type { ReadClientCredentials } from '../oauth/client-credentials.ts';
import { parseClientCredentials } from './secret-shape.ts';

export { cacheClientCredentials } from './client-credentials-cache.ts';

/** The part of the Secrets Manager client that is used here. */
export interface SecretReader {
  send(
    command: GetSecretValueCommand,
    options: { abortSignal: AbortSignal },
  ): Promise<Pick<GetSecretValueCommandOutput, 'SecretString' | 'SecretBinary' | 'VersionId'>>;
}

/** First attempt included; between them the SDK waits for longer each time. */
const MAX_ATTEMPTS = 3;

/**
 * Errors that asking again does not mend. Secrets Manager answers them with HTTP 400, like throttling, so that only
 * the name tells. Those of KMS stand for a key that is denied, disabled or about to be deleted.
 */
const DENIED =
  /^(AccessDenied|ResourceNotFound|InvalidRequest|InvalidParameter|Validation|UnrecognizedClient|InvalidSignature|IncompleteSignature|MissingAuthenticationToken|InvalidClientTokenId|OptInRequired|CredentialsProviderError|DecryptionFailure|EncryptionFailure|KMSAccessDenied|KMSDisabled|KMSInvalidState|KMSNotFound|KMSOptInRequired|NotFound|DisabledException)/;

/**
 * Reads the client credentials from the version of a secret that is current: one read per call.
 *
 * @param options.secretId Name or ARN.
 * @param options.client Default: one of the SDK, made at the first read.
 * @param options.timeoutMs Total time over all attempts. Default 3 000.
 * @throws ConfigurationError `SECRET_DENIED` when it may not be read or does not exist, `CONFIG_SECRET_SHAPE` when it
 *   does not hold client credentials.
 * @throws ServiceUnavailableError `SECRET_UNAVAILABLE` when Secrets Manager is throttled, failing or silent.
 * @see AWS Secrets Manager API Reference, "GetSecretValue"
 */
export function readClientCredentials({
  secretId,
  client,
  timeoutMs = 3_000,
}: {
  secretId: string;
  client?: SecretReader;
  timeoutMs?: number;
}): ReadClientCredentials {
  let reader = client;
  return async () => {
    reader ??= new SecretsManagerClient({ maxAttempts: MAX_ATTEMPTS });
    const secret = await reader
      .send(new GetSecretValueCommand({ SecretId: secretId }), { abortSignal: AbortSignal.timeout(timeoutMs) })
      .catch((cause: unknown) => {
        throw readFailure(secretId, cause);
      });
    return parseClientCredentials(secret.SecretString ?? secret.SecretBinary, {
      secretId,
      versionId: secret.VersionId ?? 'unknown',
    });
  };
}

// The cause is left out: errors of the SDK carry the response, the account and the role.
function readFailure(secretId: string, cause: unknown): ConfigurationError | ServiceUnavailableError {
  const name = errorNameOf(cause);
  if (DENIED.test(name)) {
    return new ConfigurationError(
      `secret "${secretId}" could not be read (${name}): check its name, that it is not marked for deletion, and that ` +
        'this role may call secretsmanager:GetSecretValue on it and kms:Decrypt on its key',
      { code: 'SECRET_DENIED' },
    );
  }
  return new ServiceUnavailableError('SECRET_UNAVAILABLE', `secret "${secretId}" could not be read now (${name})`);
}
