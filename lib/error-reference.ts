import type {
  CallInProgressError,
  CallRejectionCode,
  ConfigurationCode,
  NoResponseCode,
  ServiceUnavailableCode,
  SiebelResponseCode,
  TlsCode,
  TokenRequestCode,
  UnknownOutcomeError,
  UnusableResponseCode,
} from './errors.ts';

/** What people need to know of one of our codes: docs/errors.md is made of it, and no function carries it. */
export interface ErrorReference {
  readonly meaning: string;
  readonly remedy: string;
  /** `FailureClass` in words. */
  readonly class: string;
}

type Entry = readonly [meaning: string, remedy: string];
type References<Code extends string> = Readonly<Record<Code, ErrorReference>>;

/** `NoResponseError`: nobody answered. */
export const NO_RESPONSE: References<NoResponseCode> = /* @__PURE__ */ each('environment', {
  DNS_FAILED: [
    "the host's name cannot be resolved",
    "if it stays: check the address in the settings, and DNS from the function's network",
  ],
  CONNECT_FAILED: ['no connection could be made', 'is the service up, is the port open to the function?'],
  CONNECT_TIMEOUT: ['no connection within its time, 3 s at most', 'usually a firewall or security group that drops'],
  CONNECTION_LOST: [
    'the connection ended before an answer',
    'if it is frequent: an idle limit between here and there shorter than 15 s',
  ],
  TIMED_OUT: [
    'no whole answer, or no token, in time',
    "is Siebel slow? `SIEBEL_TIMEOUT_MS` and the function's time limit bound a call",
  ],
  DEADLINE_TOO_CLOSE: [
    'too little time was left, nothing was sent',
    'normal at the end of a batch; if it is frequent: batches too large for the time limit',
  ],
  NO_FREE_CONNECTION: [
    'all connections stayed busy, or are held by calls that were given up and still run at Siebel, or the calls of this minute are used up; nothing was sent',
    "the capacity plan's share is used up: Siebel is slow, or the share or `capacity.callsPerMinute` is small",
  ],
  CIRCUIT_OPEN: [
    'Siebel has failed again and again and is left alone for some seconds; nothing was sent',
    'look at the failures before it',
  ],
  ABORTED: ['the call was given up from this side', 'normal when an invocation ends'],
});

/** `TlsError`: the other side could not prove who it is. */
export const TLS: References<TlsCode> = /* @__PURE__ */ each('configuration', {
  TLS_CERTIFICATE_EXPIRED: ['the certificate has expired or is not valid yet', 'renew it at the other side'],
  TLS_HOST_MISMATCH: [
    'the certificate names another host',
    'use that name in the settings, or have a certificate issued for this one',
  ],
  TLS_UNKNOWN_AUTHORITY: [
    'nobody we trust has signed it',
    'put the private authority into `certs/` and set `SIEBEL_CA_FILE`, `TOKEN_CA_FILE` or `API_TOKEN_CA_FILE`',
  ],
  TLS_PROTOCOL: ['no TLS 1.2 or newer, or no TLS at all on this port', 'switch it on there; check the port'],
});

/** `UnusableResponseError`: somebody answered, but with nothing that can be used. */
export const UNUSABLE_RESPONSE: References<UnusableResponseCode> = /* @__PURE__ */ each('environment', {
  BODY_TOO_LARGE: [
    'the body is over the limit: 8 MiB from Siebel, 64 KiB from the token endpoint; or one of more than 256 KiB has more than 150,000 objects, 500,000 members or 32 levels',
    'declare fewer fields; for searches a smaller `limit`',
  ],
  BODY_TRUNCATED: ['the body ended too early', 'if it is frequent: something in between cuts connections'],
  BAD_ENCODING: [
    'a content encoding or charset that was not asked for, or bytes that are not UTF-8',
    'look at what stands between here and Siebel',
  ],
  NOT_JSON: ['HTML, XML, text or broken JSON', "a sign-in page, a gateway's error page, or a wrong address"],
  UNEXPECTED_SHAPE: [
    'JSON, but not what was asked for: no `Id`, one `Id` twice, another record, more than 32 levels or 1,000 members',
    'compare `siebel.config.ts` with the component at Siebel',
  ],
  REDIRECTED: [
    'a redirect, which is never followed; or 304, which is no success',
    'set the address that the redirect leads to, if it is right',
  ],
});

/** `TokenRequestError`: no access token, or one that Siebel refuses. */
export const TOKEN_REQUEST: References<TokenRequestCode> = {
  TOKEN_REQUEST_REJECTED: {
    class:
      'environment; configuration for `invalid_scope`, `unauthorized_client`, `unsupported_grant_type` and a scope narrower than asked',
    meaning: 'the token endpoint said no; its OAuth error stands beside it',
    remedy:
      "`invalid_client`: put the present secret into Secrets Manager. `invalid_scope`: check `TOKEN_SCOPE` and the application's scopes. 429: too many requests in this identity domain",
  },
  TOKEN_RESPONSE_UNUSABLE: {
    class: 'environment',
    meaning: 'status 200 without a usable token, or a redirect',
    remedy: 'check `TOKEN_URL`; is a sign-in page or a proxy in between?',
  },
  TOKEN_REQUEST_PAUSED: {
    class: 'that of the failure before',
    meaning: 'a token request has just failed, and the next one waits 10 or 20 s',
    remedy: 'look at the failure before it',
  },
  AUTH_LOOP: {
    class: 'environment',
    meaning: 'Siebel answers 401 to every token',
    remedy:
      "is the token's subject a user in Siebel and its directory? Do the trust tokens match? Can Siebel reach introspection, with a valid secret of its own?",
  },
};

/** `SiebelResponseError`: Siebel, or something in front of it, said no. */
export const SIEBEL_RESPONSE: References<SiebelResponseCode> = {
  .../* @__PURE__ */ each('message', {
    SIEBEL_VALIDATION: [
      'the values were refused: required field, pick list, value rule, user key; or the search',
      'correct the input',
    ],
    SIEBEL_BUSINESS: [
      'a rule or script of this installation refused, or a service reported a failure by the members that were declared for it',
      'ask whoever owns it',
    ],
    SIEBEL_CONFLICT: [
      'a record with this key exists already, or another record than the named one was changed',
      'is the declared user key really unique at Siebel?',
    ],
    FORBIDDEN: ['the integration user may not do this', 'give its responsibility the right, or do not ask'],
    NOT_FOUND: [
      'no record with this Id that the integration user may see',
      'is the Id right, and the view mode wide enough?',
    ],
    TOO_LARGE: [
      'Siebel does not take a request of this size; or a record has as many children of one kind as a page holds',
      'send less; read the children by a query of their own',
    ],
  }),
  SIEBEL_CONFIGURATION: {
    class: 'configuration',
    meaning: 'the component, field or address is unknown or not enabled for REST; or a gateway forbids the call',
    remedy: 'check `SIEBEL_BASE_URL`, the names in `siebel.config.ts`, and the REST access of the object',
  },
  SIEBEL_UNAVAILABLE: {
    class: 'environment',
    meaning: '429, 5xx, a restart, no session, or a failure without a known code',
    remedy: "if it stays: Siebel's own log. A code that is not in our table and should be: tell us",
  },
};

/** `UnknownOutcomeError`, `CallInProgressError`, `CallRejectedError`: what the ledger says of a write and its earlier attempts. */
export const LEDGER: References<
  UnknownOutcomeError['code'] | CallInProgressError['code'] | Exclude<CallRejectionCode, 'BUG'>
> = {
  OUTCOME_UNKNOWN: {
    class: 'unknown-outcome',
    meaning: 'a write had left, and no definite answer came: Siebel may have done it, or do it minutes later',
    remedy:
      'nothing while its message goes back. When it is parked, look at Siebel, then `siebel messages resolve KEY --done ID` or `--not-done`. Callers of the API look before they send it again',
  },
  IN_PROGRESS: {
    class: 'environment',
    meaning: 'another delivery of the same call is at work, or its process has died and its lease is not over yet',
    remedy: 'nothing: the message comes again when the lease is over',
  },
  .../* @__PURE__ */ each('message', {
    CONFLICT: [
      'this key was used for another input; or a record with this natural key is there, and is not from this call',
      'a new key for a new request; is the natural key really the only one of its record?',
    ],
    CONFLICT_HIDDEN: [
      'Siebel says that the record exists, and the integration user does not see it',
      'is the view mode wide enough? Else look at Siebel as an administrator',
    ],
    REPEATED_CRASH: [
      'the process has died five times while it worked on this call',
      'look at the log before each end of the process; then redrive it',
    ],
  }),
};

/** `ConfigurationError`, `ServiceUnavailableError`, and what else can end a call or a batch. */
export const SURROUNDINGS: References<
  ConfigurationCode | ServiceUnavailableCode | 'BATCH_FAILED' | 'UNFINISHED' | 'BUG'
> = {
  .../* @__PURE__ */ each('configuration', {
    CONFIGURATION: [
      'settings are missing or malformed, or `siebel.config.ts` is wrong, all of it in one text, without values; or a record or answer differs from its declaration, and the text names the fields',
      'correct what it lists; [configuration.md](configuration.md)',
    ],
    CONFIG_SECRET_SHAPE: [
      'the secret is not `{"clientId", "clientSecret"}`, or has stray characters or a placeholder',
      'write it anew; the text names the fields',
    ],
    SECRET_DENIED: [
      'the secret may not be read, does not exist, or is marked for deletion',
      'check `CLIENT_SECRET_ID`, the role and the key',
    ],
    STATE_DENIED: ['the state table refuses this function, or does not exist', 'check `STATE_TABLE` and the role'],
    QUEUE_DENIED: ['the queue refuses us, or does not exist', "check the queue's address and the permissions"],
    SORT_MISMATCH: [
      'Siebel does not sort records by cursor and Id as its own `>` compares them; the sync would skip records',
      'choose another cursor field, or mend the sort order at Siebel',
    ],
    SYNC_DRIFT: [
      'a declared field is gone at Siebel, or more than one in a hundred records of a page have values of other types than declared; the text names the fields',
      'correct the fields in `siebel.config.ts` or at Siebel; the job goes on where it stopped',
    ],
    SYNC_JOB_CHANGED: [
      "the component or the cursor field of a sync job is another one than its checkpoint, or its backfill's plan, was made with; the text names both",
      'put it back, or begin anew: `siebel sync reset JOB`, and once more with `--sweep` when the job has sweeps; for a backfill `siebel sync backfill JOB --replace`',
    ],
    SWEEP_GUARD: [
      'a sweep misses more records than its job allows (`sweep.maxMissing`), or Siebel shows none at all when deletions are looked up: none is told of',
      "look at the job's view mode, the permissions of the integration user and the filter; when the records are really gone, `siebel sync confirm JOB`",
    ],
    SWEEP_SETS: [
      'what an earlier sweep stored in the bucket is missing or cannot be read',
      'restore the object that it names; or `siebel sync reset JOB --sweep`: the next sweep is a baseline',
    ],
  }),
  .../* @__PURE__ */ each('environment', {
    SECRET_UNAVAILABLE: ['Secrets Manager is throttled, failing or silent, and no good secret is known', 'wait'],
    STATE_UNAVAILABLE: [
      'DynamoDB is throttled, failing or silent; or a newer version of this service wrote the item',
      'wait; or deploy that version',
    ],
    QUEUE_UNAVAILABLE: ['SQS is throttled, failing or silent', 'wait'],
    SINK_UNAVAILABLE: ['the sink did not take what a sync has read', 'the next tick repeats it'],
    UNFINISHED: [
      'a call was still under way when the batch had to be answered; its message goes back',
      'normal when Siebel is slow; if it is frequent: fewer calls in flight, or a shorter `SIEBEL_TIMEOUT_MS`',
    ],
  }),
  BATCH_FAILED: {
    class: 'environment or configuration',
    meaning: 'no message of a batch could be settled, so the batch failed as a whole and Lambda polls more slowly',
    remedy: 'the codes in its text',
  },
  BUG: {
    class: 'bug',
    meaning: 'none of the above: a defect of this service. A call that meets five of them is parked with this code',
    remedy: 'the log line has the place; please report it',
  },
};

function each<Code extends string>(failureClass: string, entries: Readonly<Record<Code, Entry>>): References<Code> {
  const pairs = Object.entries<Entry>(entries).map(([code, [meaning, remedy]]): [string, ErrorReference] => [
    code,
    { class: failureClass, meaning, remedy },
  ]);
  return Object.fromEntries(pairs) as References<Code>;
}
