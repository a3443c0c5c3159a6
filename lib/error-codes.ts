// Codes of the errors in errors.ts: stable, as users filter and alarm by them. docs/errors.md explains each one.

export type NoResponseCode =
  | 'DNS_FAILED'
  | 'CONNECT_FAILED'
  | 'CONNECT_TIMEOUT'
  | 'CONNECTION_LOST'
  | 'TIMED_OUT'
  | 'DEADLINE_TOO_CLOSE'
  | 'NO_FREE_CONNECTION'
  | 'CIRCUIT_OPEN'
  | 'ABORTED';

export type TlsCode = 'TLS_CERTIFICATE_EXPIRED' | 'TLS_HOST_MISMATCH' | 'TLS_UNKNOWN_AUTHORITY' | 'TLS_PROTOCOL';

export type UnusableResponseCode =
  | 'BODY_TOO_LARGE'
  | 'BODY_TRUNCATED'
  | 'BAD_ENCODING'
  | 'NOT_JSON'
  | 'UNEXPECTED_SHAPE'
  | 'REDIRECTED';

export type TokenRequestCode =
  | 'TOKEN_REQUEST_REJECTED'
  | 'TOKEN_RESPONSE_UNUSABLE'
  | 'TOKEN_REQUEST_PAUSED'
  | 'AUTH_LOOP';

export type SiebelResponseCode =
  | 'SIEBEL_UNAVAILABLE'
  | 'SIEBEL_VALIDATION'
  | 'SIEBEL_BUSINESS'
  | 'SIEBEL_CONFIGURATION'
  | 'SIEBEL_CONFLICT'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'TOO_LARGE';

export type CallRejectionCode = 'CONFLICT' | 'CONFLICT_HIDDEN' | 'OUTCOME_UNKNOWN' | 'REPEATED_CRASH' | 'BUG';

export type ConfigurationCode =
  | 'CONFIGURATION'
  | 'CONFIG_SECRET_SHAPE'
  | 'SECRET_DENIED'
  | 'STATE_DENIED'
  | 'QUEUE_DENIED'
  | 'SORT_MISMATCH'
  | 'SYNC_DRIFT'
  | 'SYNC_JOB_CHANGED'
  | 'SWEEP_GUARD'
  | 'SWEEP_SETS';

export type ServiceUnavailableCode =
  | 'SECRET_UNAVAILABLE'
  | 'STATE_UNAVAILABLE'
  | 'QUEUE_UNAVAILABLE'
  | 'SINK_UNAVAILABLE';
