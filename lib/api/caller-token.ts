import { errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose';
import type { Clock } from '../clock.ts';
import type { CallerKeys, FindKey } from './caller-keys.ts';

/** Who calls, and what they may do. */
export interface Caller {
  readonly clientId: string;
  readonly scopes: readonly string[];
}

/** The caller of a good token, or why it is none: a fixed word, for the log only. */
export type CallerVerdict = { readonly caller: Caller } | { readonly refused: CallerRefusal };
export type CallerRefusal =
  | 'BAD_TOKEN'
  | 'BAD_SIGNATURE'
  | 'UNKNOWN_KEY'
  | 'ALGORITHM_NOT_ALLOWED'
  | 'TOKEN_EXPIRED'
  | 'TOKEN_NOT_YET_VALID'
  | 'WRONG_ISSUER'
  | 'WRONG_AUDIENCE'
  | 'CLAIM_MISSING';

/** Signatures with a key pair only: with a shared secret, a public key could pass for one. */
const ALGORITHMS = ['RS256', 'PS256', 'ES256'];
/** The issuer's clock may be ahead of ours: a token that was just issued must not be refused, and that be kept. */
const CLOCK_TOLERANCE_SECONDS = 5;
const MAX_TOKEN_LENGTH = 16_384;
const MAX_CLIENT_ID_LENGTH = 256;

/**
 * Verifies callers' access tokens: signature, algorithm, issuer, audience, expiry.
 *
 * Identity domains name an issuer on another host than their own and publish no discovery there, so that the address of
 * the keys is a setting. Their keys keep one `kid` through a rotation: a signature that does not fit makes the keys be
 * fetched again.
 *
 * @param options.issuer `iss`, to the letter: `https://identity.oraclecloud.com/`.
 * @returns A function of token and deadline by `Clock.now()`. It throws what fetching keys throws: nobody may then be refused,
 *   for it is not known who is right.
 * @see RFC 9068; docs/siebel.md on identity domains
 */
export function callerTokenVerifier({
  keys,
  issuer,
  audience,
  clock,
}: {
  readonly keys: CallerKeys;
  readonly issuer: string;
  readonly audience: string;
  readonly clock: Clock;
}): (token: string, deadlineAtMs: number) => Promise<CallerVerdict> {
  const verify = async (token: string, find: FindKey): Promise<CallerVerdict> => {
    const options: JWTVerifyOptions = {
      algorithms: ALGORITHMS,
      issuer,
      audience,
      requiredClaims: ['exp'],
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      currentDate: new Date(clock.now()),
    };
    try {
      return verdictOf((await verifyWith(token, find, options)).payload);
    } catch (error) {
      if (error instanceof errors.JOSEError) return { refused: refusalOf(error) };
      throw error;
    }
  };

  return async (token, deadlineAtMs) => {
    if (token.length > MAX_TOKEN_LENGTH || token.split('.').length !== 3) return { refused: 'BAD_TOKEN' };
    const atHand = await keys.get(deadlineAtMs);
    const verdict = await verify(token, atHand);
    if (!('refused' in verdict) || !RENEWED_KEYS_MAY_HELP.has(verdict.refused)) return verdict;

    const newer = await keys.newer(atHand, deadlineAtMs);
    return newer ? verify(token, newer) : verdict;
  };
}

const RENEWED_KEYS_MAY_HELP: ReadonlySet<CallerRefusal> = new Set(['BAD_SIGNATURE', 'UNKNOWN_KEY']);

/** During a rotation two keys may carry one `kid`: each is tried. */
async function verifyWith(token: string, find: FindKey, options: JWTVerifyOptions) {
  try {
    return await jwtVerify(token, find, options);
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    for await (const key of error) {
      try {
        return await jwtVerify(token, key, options);
      } catch (failure) {
        if (!(failure instanceof errors.JWSSignatureVerificationFailed)) throw failure;
      }
    }
    throw new errors.JWSSignatureVerificationFailed();
  }
}

function verdictOf({ client_id: clientId, sub, scope, scp }: JWTPayload): CallerVerdict {
  const name = typeof clientId === 'string' ? clientId : sub;
  if (typeof name !== 'string' || name === '' || name.length > MAX_CLIENT_ID_LENGTH)
    return { refused: 'CLAIM_MISSING' };
  return { caller: { clientId: name, scopes: wordsOf(scope ?? scp) } };
}

function wordsOf(scope: unknown): readonly string[] {
  if (typeof scope === 'string') return scope.split(' ').filter((word) => word !== '');
  return Array.isArray(scope) ? scope.filter((word) => typeof word === 'string') : [];
}

function refusalOf(error: InstanceType<typeof errors.JOSEError>): CallerRefusal {
  if (error instanceof errors.JWTExpired) return 'TOKEN_EXPIRED';
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.reason === 'missing') return 'CLAIM_MISSING';
    return CLAIM_REFUSALS.get(error.claim) ?? 'BAD_TOKEN';
  }
  if (error instanceof errors.JOSEAlgNotAllowed) return 'ALGORITHM_NOT_ALLOWED';
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'BAD_SIGNATURE';
  return error instanceof errors.JWKSNoMatchingKey ? 'UNKNOWN_KEY' : 'BAD_TOKEN';
}

const CLAIM_REFUSALS: ReadonlyMap<string, CallerRefusal> = new Map([
  ['iss', 'WRONG_ISSUER'],
  ['aud', 'WRONG_AUDIENCE'],
  ['nbf', 'TOKEN_NOT_YET_VALID'],
]);
