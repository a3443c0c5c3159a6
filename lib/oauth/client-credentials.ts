import type { Redacted } from '../redacted.ts';

/** The identity of this service at the authorization server. */
export interface ClientCredentials {
  readonly clientId: string;
  readonly clientSecret: Redacted<string>;
  /** Version of the secret they were read from: changes when the secret is rotated. */
  readonly versionId: string;
}

/**
 * Gives the newest client credentials; asked before every token request (R30).
 *
 * @param refusedVersionId Version that the authorization server has just refused: an answer kept from before is then
 *   no use.
 */
export type ReadClientCredentials = (refusedVersionId?: string) => Promise<ClientCredentials>;
