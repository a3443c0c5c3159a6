import {
  IntegrationError,
  type NoResponseCode,
  NoResponseError,
  type TlsCode,
  TlsError,
  UnusableResponseError,
} from '../errors.ts';
import { ConnectTimeout } from './connections.ts';

/** How far an exchange had come when it failed. */
export interface Progress {
  /** False when it is certain that not one byte of the request had left. */
  readonly sent: boolean;
  /** Of the answer, when its headers had arrived. */
  readonly status: number | undefined;
}

const NO_RESPONSE_CODES = new Map<string, NoResponseCode>([
  ['ENOTFOUND', 'DNS_FAILED'],
  ['EAI_AGAIN', 'DNS_FAILED'],
  ['EAI_FAIL', 'DNS_FAILED'],
  ['EAI_NODATA', 'DNS_FAILED'],
  ['EAI_NONAME', 'DNS_FAILED'],
  ['ETIMEDOUT', 'CONNECT_TIMEOUT'],
]);

/** Codes of OpenSSL's verification that do not mean that nobody we trust has signed. */
const TLS_CODES = new Map<string, TlsCode>([
  ['CERT_HAS_EXPIRED', 'TLS_CERTIFICATE_EXPIRED'],
  ['CERT_NOT_YET_VALID', 'TLS_CERTIFICATE_EXPIRED'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'TLS_HOST_MISMATCH'],
  ['HOSTNAME_MISMATCH', 'TLS_HOST_MISMATCH'],
  ['EPROTO', 'TLS_PROTOCOL'],
]);

const TLS_ADVICE: Readonly<Record<TlsCode, string>> = {
  TLS_CERTIFICATE_EXPIRED: 'its certificate has expired or is not valid yet: renew it there, or check the clock here',
  TLS_HOST_MISMATCH: 'its certificate names another host: use the name in the certificate, or have one issued for this',
  TLS_UNKNOWN_AUTHORITY:
    'its certificate is signed by an authority that is not trusted: set the CA file of this address',
  TLS_PROTOCOL: 'no TLS 1.2 or newer can be agreed on: switch it on there, and check that the port speaks TLS',
};

/** The error of ours for what came of an exchange; what is neither network nor answer is returned as it is. */
export function failureOf(error: unknown, { sent, status }: Progress, origin: string): unknown {
  if (error instanceof IntegrationError || !(error instanceof Error)) return error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (code === 'UND_ERR_INVALID_ARG' || code === 'UND_ERR_NOT_SUPPORTED') return error;

  // The parser's own error carries what it could not parse, which may be anybody's data.
  const cause = 'data' in error ? undefined : error;
  if (status !== undefined) return cutOff(origin, status, cause);
  if (code === 'UND_ERR_DESTROYED' || code === 'UND_ERR_CLOSED') {
    return new NoResponseError('ABORTED', `the client for ${origin} has been closed`, { sent, cause });
  }
  if (sent)
    return new NoResponseError('CONNECTION_LOST', `${origin} ended the connection without an answer`, { sent, cause });

  if (error instanceof ConnectTimeout) {
    return new NoResponseError('CONNECT_TIMEOUT', `${origin} did not accept a connection in time`, { sent, cause });
  }
  const tlsCode = tlsCodeOf(code);
  if (tlsCode) return new TlsError(tlsCode, `${origin} is not trusted, ${TLS_ADVICE[tlsCode]}`, { cause });
  const noResponseCode = NO_RESPONSE_CODES.get(code) ?? 'CONNECT_FAILED';
  const what = noResponseCode === 'DNS_FAILED' ? 'its name could not be resolved' : 'no connection could be made';
  return new NoResponseError(noResponseCode, `${origin} was not reached, ${what}${code && ` (${code})`}`, {
    sent,
    cause,
  });
}

/** The answer has ended before its end. */
export function cutOff(origin: string, status: number, cause?: unknown): UnusableResponseError {
  return new UnusableResponseError('BODY_TRUNCATED', `${origin} broke off in the middle of its answer`, {
    status,
    cause,
  });
}

function tlsCodeOf(code: string): TlsCode | undefined {
  const known = TLS_CODES.get(code);
  if (known) return known;
  if (code.startsWith('ERR_SSL_')) return 'TLS_PROTOCOL';
  const isVerification = /CERT|_CA$|CRL|ISSUER|SIGNATURE|PATH_LENGTH|PURPOSE|CHAIN/.test(code);
  return isVerification ? 'TLS_UNKNOWN_AUTHORITY' : undefined;
}
