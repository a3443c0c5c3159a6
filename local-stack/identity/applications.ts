import { randomBytes } from 'node:crypto';

/** Id and secret of a confidential application. */
export interface ClientIdAndSecret {
  readonly id: string;
  readonly secret: string;
}

/** What an application may ask for: the audience, the scopes below it, and how long its tokens live. */
export interface ResourceRights {
  readonly audience: string;
  readonly scopes: readonly string[];
  readonly tokenLifeSeconds: number;
}

/** A confidential application of the identity domain. */
export interface Application {
  readonly id: string;
  secret: string;
  /** Allowed operation "Introspect", which only Siebel's own application has. */
  readonly mayIntrospect: boolean;
  /** Grant "Client Credentials" and the resource it is for; absent when it may ask for no token. */
  readonly rights?: () => ResourceRights;
}

export const CALLER_ID = 'siebel-caller';
export const SIEBEL_ID = 'siebel-ai';
export const API_CLIENT_ID = 'api-client';

/** A new secret, of the length and letters that identity domains hand out. */
export function newSecret(): string {
  return `idcscs-${randomBytes(18).toString('hex')}`;
}

/** The scope names that a token request may hold: audience and scope glued together, without separator. */
export function gluedScopes({ audience, scopes }: ResourceRights): string[] {
  return scopes.map((scope) => `${audience}${scope}`);
}
