import type { Redacted } from '../redacted.ts';

/** The identity of this service at the authorization server. */
export interface ClientCredentials {
  readonly clientId: string;
  readonly clientSecret: Redacted<string>;
  /** Version of the secret they were read from: changes when the secret is rotated. */
  readonly versionId: string;
}

/** Gives the newest client credentials; asked before every token request (R30). */
export type ReadClientCredentials = () => Promise<ClientCredentials>;
