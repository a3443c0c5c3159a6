/** What is wrong with an input, by code; class message throughout. docs/errors.md is made of it. */
export const INPUT_REFERENCE: Readonly<Record<string, string>> = {
  EMPTY_BODY: 'nothing, or only white space; or a record without a body',
  BAD_JSON: 'not one JSON document in UTF-8; or a byte order mark before it',
  DUPLICATE_KEY: 'a member stands twice in one object',
  TOO_DEEP: 'more than 32 levels',
  TOO_MANY_FIELDS: 'more than 1,000 members in one object',
  TOO_MANY_ITEMS: 'a list has more items than it may have: 100 of a batch',
  TOO_FEW_ITEMS: 'a list has fewer items than it must have',
  TOO_LONG:
    'a text longer than its field, an attachment over its size, a key longer than 256 characters, a message longer than 256 KiB; a search or address longer than Siebel takes at this site',
  BAD_CHARACTER: 'a control character, or half of a character pair',
  BAD_NUMBER:
    'out of the allowed range, a fraction where a whole number is declared, with too many digits for its field or for a JSON number, or not exact',
  BAD_TYPE:
    'of another JSON type, none of the declared values, not Base64, or not of the declared form; nothing is converted',
  MISSING_FIELD: 'a field that must be there is not',
  UNKNOWN_FIELD: 'a field that is not declared, or is read-only; names are exact',
  UNKNOWN_OPERATION: 'no operation of this name',
  BAD_KEY:
    "a message's `key` is not printable ASCII without blanks, looks like an address, begins with a hyphen, or holds a placeholder `<aws.` that nobody has filled in; or an `Id` is not of the form of a row id",
  BAD_TIME:
    'not a date, time or instant of the declared form (`2026-03-01`, `12:00:00`, `2026-03-01T12:00:00Z`); or an instant in the hour that a zone shows twice',
  BAD_FIELD: 'a search names a field that is not declared',
  VALUE_NOT_QUERYABLE:
    'a search value that cannot stand in a search specification: both kinds of quotes, `*`, `?`, a backslash, control characters, blank, or over 200 characters',
  LEADING_WILDCARD: 'the beginning that is searched for begins with `*` or `?` itself, which would read every record',
};

/** Beside these, of a message on the queue. */
export const QUEUE_REFERENCE: Readonly<Record<string, string>> = {
  OPERATION_NOT_ACCEPTED: 'an operation that exists, but is not in `queue.accepts`',
  EXPIRED: '`notAfter` had passed before the call was started; nothing was sent',
  BAD_VERSION: '`schema` is no whole number from 1',
  SCHEMA_VERSION:
    '`schema` is newer than this version of the service; deploy the newer one, then send the message again',
  ENVELOPE:
    "another service's envelope (EventBridge, SNS, S3 pointer) that no mapping expects: send the message itself, or declare the envelope in `queue.accepts`",
  UNKNOWN_EVENT:
    'no message of our own contract, as it has no `operation`, and none of the events that `queue.accepts` maps; what the nearest mappings miss stands beside it',
  MAPPING_FAILED: 'the event fits, but the `key` or `input` function of its mapping throws, or gives something else',
  INVALID_EVENT: 'the function was invoked with something that is not its event; nothing is acknowledged',
};

/** Beside these, of a tick of a schedule. */
export const SCHEDULE_REFERENCE: Readonly<Record<string, string>> = {
  UNKNOWN_JOB: '`job` names no sync job of `siebel.config.ts`',
  NO_SWEEP: 'a sweep is asked for of a job that declares none',
};

/** Beside these, of an HTTP request: codes of problem documents. */
export const HTTP_REFERENCE: Readonly<Record<string, string>> = {
  NO_ROUTE: 'no route of `siebel.config.ts` has this address',
  METHOD_NOT_ALLOWED: 'the address does not take this method',
  UNSUPPORTED_MEDIA_TYPE: 'the body is compressed, or not said to be `application/json` in UTF-8',
  UNEXPECTED_BODY: 'a body came with a request that takes none',
  BAD_PATH: 'the path holds dots alone, encoded separators or control characters, or a segment over 256 characters',
  BAD_PARAMETER: 'the query is not percent-encoded UTF-8',
  UNKNOWN_PARAMETER: 'a parameter that this address does not have',
  DUPLICATE_PARAMETER: 'a parameter that is given twice',
  BAD_PAGE_SIZE: '`limit` is no whole number from 1 to 100; it is never cut to fit',
  BAD_IDEMPOTENCY_KEY: 'an `Idempotency-Key` that is not 1 to 128 visible ASCII characters',
  IDEMPOTENCY_KEY_NOT_SUPPORTED:
    'an `Idempotency-Key` came with a call that may not be repeated, and keys are not kept in this version: a repeat would do it again. With calls that may be repeated a key is taken and changes nothing',
  UPSTREAM_UNAVAILABLE: 'any failure of class environment; the log line has its own code',
  INTERNAL: 'class bug',
};
