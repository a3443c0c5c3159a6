/** A message that can never be run, and what it gets: the kinds are those of docs/reliability.md. */
export interface BadMessage {
  readonly kind: string;
  readonly name: string;
  /** Of a record: what is no text is no body. */
  readonly body: unknown;
  readonly code: string;
}

/** Stands in values of bad messages; no log line may hold it. */
export const CANARY = 'canary-7f3a';

const INPUT = { Name: CANARY, Location: 'Bremen' };
const GOOD = JSON.stringify({ operation: 'account.upsert', key: 'bad/1', input: INPUT });
const KIB_256 = 262_144;

const message = (members: Record<string, unknown>) =>
  JSON.stringify({ operation: 'account.upsert', key: 'bad/1', input: INPUT, ...members });
const withInput = (input: unknown) => message({ input });
const update = (Id: unknown) => message({ operation: 'service-request.update', input: { Id, Status: CANARY } });
/** The input as it stands in the text, for what `JSON.stringify` would not write. */
const rawInput = (text: string) => `{"operation":"account.upsert","key":"bad/1","input":${text}}`;
const nested = (open: string, close: string, levels: number) => open.repeat(levels) + close.repeat(levels);
const manyFields = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`f${n}`, n]));

const kind =
  (id: string) =>
  ([name, body, code]: readonly [name: string, body: unknown, code: string]): BadMessage => ({
    kind: id,
    name,
    body,
    code,
  });

const K01 = [
  ['no body at all', undefined, 'EMPTY_BODY'],
  ['null for a body', null, 'EMPTY_BODY'],
  ['nothing', '', 'EMPTY_BODY'],
  ['a blank', ' ', 'EMPTY_BODY'],
  ['line ends and tabs', '\r\n\t', 'EMPTY_BODY'],
  ['a space that is none of JSON', '\u00a0', 'BAD_JSON'],
  ['a byte order mark alone', '\ufeff', 'BAD_JSON'],
  ['a byte order mark before it', `\ufeff${GOOD}`, 'BAD_JSON'],
  ['an end too early', GOOD.slice(0, -1), 'BAD_JSON'],
  ['an end within a name', '{"operat', 'BAD_JSON'],
  ['two documents', GOOD + GOOD, 'BAD_JSON'],
  ['something behind it', `${GOOD};`, 'BAD_JSON'],
  ['a comma too many', `${GOOD.slice(0, -1)},}`, 'BAD_JSON'],
  ['a comment', `/* ${CANARY} */${GOOD}`, 'BAD_JSON'],
  ['single quotes', GOOD.replaceAll('"', "'"), 'BAD_JSON'],
  ['names without quotes', `{operation:"account.upsert",key:"bad/1",input:{}}`, 'BAD_JSON'],
  ['plain text', CANARY, 'BAD_JSON'],
  ['NaN', 'NaN', 'BAD_JSON'],
  ['undefined', 'undefined', 'BAD_JSON'],
  ['a form', `operation=account.upsert&key=${CANARY}`, 'BAD_JSON'],
  ['XML', `<call operation="account.upsert">${CANARY}</call>`, 'BAD_JSON'],
  ['YAML', `operation: account.upsert\nkey: ${CANARY}`, 'BAD_JSON'],
  ['base64', Buffer.from(GOOD).toString('base64'), 'BAD_JSON'],
  ['bytes that are not UTF-8', Buffer.from([0xff, 0xfe, 0x7b, 0xc3, 0x28, 0x7d]).toString(), 'BAD_JSON'],
  ['UTF-16 read as UTF-8', Buffer.from(GOOD, 'utf16le').toString(), 'BAD_JSON'],
  ['bytes of a compressed body', Buffer.from([0x1f, 0x8b, 0x08, 0x00, 0xab]).toString(), 'BAD_JSON'],
] as const;

const K02 = [
  ['a number', '4711', 'BAD_TYPE'],
  ['a text', '"account.upsert"', 'BAD_TYPE'],
  ['true', 'true', 'BAD_TYPE'],
  ['null in JSON', 'null', 'BAD_TYPE'],
  ['an empty list', '[]', 'BAD_TYPE'],
  ['a message in a list', `[${GOOD}]`, 'BAD_TYPE'],
  ['a body that is a number', 4711, 'BAD_TYPE'],
  ['a body that is false', false, 'BAD_TYPE'],
  ['a body that is an object, though a good one', JSON.parse(GOOD), 'BAD_TYPE'],
  ['a body that is a list', [GOOD], 'BAD_TYPE'],
  ['an operation that is a number', message({ operation: 7 }), 'BAD_TYPE'],
  ['an operation that is null', message({ operation: null }), 'BAD_TYPE'],
  ['an operation in a list', message({ operation: ['account.upsert'] }), 'BAD_TYPE'],
  ['an input that is a list', withInput([INPUT]), 'BAD_TYPE'],
  ['an input that is null', withInput(null), 'BAD_TYPE'],
  ['an input that is a text', withInput(JSON.stringify(INPUT)), 'BAD_TYPE'],
  ['an input that is a number', withInput(7), 'BAD_TYPE'],
  ['a field that is a number', withInput({ ...INPUT, Name: 4711 }), 'BAD_TYPE'],
  ['a field that is true', withInput({ ...INPUT, Name: true }), 'BAD_TYPE'],
  ['a required field that is null', withInput({ ...INPUT, Name: null }), 'BAD_TYPE'],
  ['a field that is a list', withInput({ ...INPUT, Name: [CANARY] }), 'BAD_TYPE'],
  ['a field that is an object', withInput({ ...INPUT, Name: { value: CANARY } }), 'BAD_TYPE'],
  ['a time that is a number', message({ notAfter: 1_772_366_400_000 }), 'BAD_TYPE'],
  ['a time that is null', message({ notAfter: null }), 'BAD_TYPE'],
  ['a number that is not exact', rawInput('{"Name":9007199254740993}'), 'BAD_NUMBER'],
  ['a number without end', rawInput('{"Name":1e400}'), 'BAD_NUMBER'],
  ['a number of 100,000 digits', rawInput(`{"Name":${'9'.repeat(100_000)}}`), 'BAD_NUMBER'],
] as const;

const K03 = [
  ['an operation twice', '{"operation":"account.get","operation":"account.upsert"}', 'DUPLICATE_KEY'],
  ['a key twice', '{"operation":"account.upsert","key":"a","key":"b","input":{}}', 'DUPLICATE_KEY'],
  ['a name twice, once escaped', '{"operation":"account.upsert","\\u006fperation":"account.get"}', 'DUPLICATE_KEY'],
  ['a field twice', rawInput('{"Name":"a","Location":"b","Name":"c"}'), 'DUPLICATE_KEY'],
  ['a field twice, deep inside', rawInput('{"a":[{"b":{"c":1,"c":1}}]}'), 'DUPLICATE_KEY'],
  ['__proto__ twice', rawInput('{"__proto__":1,"__proto__":2}'), 'DUPLICATE_KEY'],
] as const;

const K04 = [
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', 'isPrototypeOf'].map(
    (name) => [`the operation ${name}`, message({ operation: name }), 'UNKNOWN_OPERATION'] as const,
  ),
  ['a member __proto__', `{"__proto__":{"polluted":true},${GOOD.slice(1)}`, 'UNKNOWN_FIELD'],
  ['a member constructor', message({ constructor: { prototype: { polluted: true } } }), 'UNKNOWN_FIELD'],
  ['a member prototype', message({ prototype: {} }), 'UNKNOWN_FIELD'],
  ['everything on __proto__', `{"__proto__":${GOOD}}`, 'MISSING_FIELD'],
  ['a field __proto__', rawInput(`{"Name":"${CANARY}","Location":"B","__proto__":{"polluted":true}}`), 'UNKNOWN_FIELD'],
  ['a field constructor', withInput({ ...INPUT, constructor: 'x' }), 'UNKNOWN_FIELD'],
  ['a field toString', withInput({ ...INPUT, toString: 'x' }), 'UNKNOWN_FIELD'],
  ['required fields on __proto__', rawInput('{"__proto__":{"Name":"a","Location":"b"}}'), 'MISSING_FIELD'],
] as const;

const K05 = [
  ['33 levels of lists', rawInput(nested('[', ']', 33)), 'TOO_DEEP'],
  ['33 levels of objects', rawInput(`${'{"a":'.repeat(33)}1${'}'.repeat(33)}`), 'TOO_DEEP'],
  ['100,000 levels', nested('[', ']', 100_000), 'TOO_DEEP'],
  ['100,000 levels that never close', '{"a":'.repeat(50_000), 'TOO_DEEP'],
  ['1,001 fields', withInput(manyFields(1_001)), 'TOO_MANY_FIELDS'],
  ['15,000 fields', withInput(manyFields(15_000)), 'TOO_MANY_FIELDS'],
  ['1,001 members', message(manyFields(1_001)), 'TOO_MANY_FIELDS'],
  ['an operation of 129 characters', message({ operation: 'x'.repeat(129) }), 'TOO_LONG'],
  ['a key of 257 characters', message({ key: 'k'.repeat(257) }), 'TOO_LONG'],
  ['a key of 100,000 characters', message({ key: 'k'.repeat(100_000) }), 'TOO_LONG'],
  ['a field over its length', withInput({ ...INPUT, Name: 'n'.repeat(101) }), 'TOO_LONG'],
  ['a field of 200,000 characters', withInput({ ...INPUT, Name: 'n'.repeat(200_000) }), 'TOO_LONG'],
  ['a byte more than 256 KiB', `${GOOD}${' '.repeat(KIB_256 + 1 - GOOD.length)}`, 'TOO_LONG'],
  ['1 MiB of blanks', ' '.repeat(4 * KIB_256), 'TOO_LONG'],
  ['1 MiB of brackets', '['.repeat(4 * KIB_256), 'TOO_LONG'],
  ['1 MiB in one field', withInput({ ...INPUT, Name: 'é'.repeat(2 * KIB_256) }), 'TOO_LONG'],
] as const;

const K06 = [
  ['NUL in a field', rawInput('{"Name":"a\u0000b"}'), 'BAD_CHARACTER'],
  ['NUL, escaped', rawInput('{"Name":"a\\u0000b"}'), 'BAD_CHARACTER'],
  ['a bell, escaped', rawInput('{"Name":"a\\u0007b"}'), 'BAD_CHARACTER'],
  ['an escape sequence of a terminal', rawInput('{"Name":"\\u001b[31mred"}'), 'BAD_CHARACTER'],
  ['a backspace', rawInput('{"Name":"a\\bb"}'), 'BAD_CHARACTER'],
  ['the first half of a pair', rawInput('{"Name":"\\ud83d"}'), 'BAD_CHARACTER'],
  ['the second half of a pair', rawInput('{"Name":"\\ude00"}'), 'BAD_CHARACTER'],
  ['a pair the wrong way round', rawInput('{"Name":"\\ude00\\ud83d"}'), 'BAD_CHARACTER'],
  ['half of a pair, not escaped', rawInput('{"Name":"\ud83d"}'), 'BAD_CHARACTER'],
  ['a control character in a name', '{"oper\\u0000ation":"account.upsert"}', 'BAD_CHARACTER'],
  ['a control character in the key', message({ key: 'a\u0001b' }), 'BAD_CHARACTER'],
  ['a control character in the operation', message({ operation: 'account.upsert\u0000' }), 'BAD_CHARACTER'],
] as const;

const K07 = [
  ['an empty object', '{}', 'MISSING_FIELD'],
  ['no operation', message({ operation: undefined }), 'MISSING_FIELD'],
  ['no key', message({ key: undefined }), 'MISSING_FIELD'],
  ['no input', message({ input: undefined }), 'MISSING_FIELD'],
  ['a member too many', message({ priority: 1 }), 'UNKNOWN_FIELD'],
  ['a member in another spelling', message({ NotAfter: '2026-03-01T12:00:00Z' }), 'UNKNOWN_FIELD'],
  ['members in capitals', JSON.stringify({ Operation: 'account.upsert', Key: 'k', Input: INPUT }), 'MISSING_FIELD'],
  ['an empty operation', message({ operation: '' }), 'UNKNOWN_OPERATION'],
  ['an operation that there is not', message({ operation: 'account.explode' }), 'UNKNOWN_OPERATION'],
  ['an operation in capitals', message({ operation: 'Account.Upsert' }), 'UNKNOWN_OPERATION'],
  ['an operation with a blank before it', message({ operation: ' account.upsert' }), 'UNKNOWN_OPERATION'],
  ['an operation with a blank behind it', message({ operation: 'account.upsert ' }), 'UNKNOWN_OPERATION'],
  ['an operation with a hidden character', message({ operation: 'account.upsert\u200b' }), 'UNKNOWN_OPERATION'],
  ['an operation with a letter that looks alike', message({ operation: '\u0430ccount.upsert' }), 'UNKNOWN_OPERATION'],
  ['a read, which the queue does not take', message({ operation: 'account.get' }), 'OPERATION_NOT_ACCEPTED'],
  ['an empty input', withInput({}), 'MISSING_FIELD'],
  ['a required field that is missing', withInput({ Name: CANARY }), 'MISSING_FIELD'],
  ['a field that is not declared', withInput({ ...INPUT, Colour: CANARY }), 'UNKNOWN_FIELD'],
  ['a field that is read-only', withInput({ ...INPUT, Updated: '2026-03-01T12:00:00Z' }), 'UNKNOWN_FIELD'],
  ['a field with a blank behind its name', withInput({ ...INPUT, 'Name ': CANARY }), 'UNKNOWN_FIELD'],
] as const;

const K08 = [
  ['a key that is a number', message({ key: 4711 }), 'BAD_KEY'],
  ['a key that is null', message({ key: null }), 'BAD_KEY'],
  ['a key in a list', message({ key: ['k'] }), 'BAD_KEY'],
  ['a key that is an object', message({ key: { id: 'k' } }), 'BAD_KEY'],
  ['an empty key', message({ key: '' }), 'BAD_KEY'],
  ['a blank key', message({ key: '   ' }), 'BAD_KEY'],
  ['a key with a blank', message({ key: 'orders 4711' }), 'BAD_KEY'],
  ['a key with a line break', message({ key: 'a\nb' }), 'BAD_KEY'],
  ['a key with the last control character', message({ key: 'a\u007fb' }), 'BAD_KEY'],
  ['a key beyond ASCII', message({ key: 'größe/1' }), 'BAD_KEY'],
  ['a key that turns the line around', message({ key: '\u202e1174' }), 'BAD_KEY'],
  ['a key that is an address', message({ key: 'https://example.com/4711' }), 'BAD_KEY'],
  ['a key that is a file address', message({ key: 'file:///etc/passwd' }), 'BAD_KEY'],
  ['a key from the root', message({ key: '/etc/passwd' }), 'BAD_KEY'],
  ['a key that climbs', message({ key: 'a/../../b' }), 'BAD_KEY'],
  ['a key of dots', message({ key: '..' }), 'BAD_KEY'],
  ['a key with an empty part', message({ key: 'a//b' }), 'BAD_KEY'],
  ['a key with a backslash', message({ key: 'a\\b' }), 'BAD_KEY'],
  ['an Id that climbs', update('../../Account/Account/1-2'), 'BAD_KEY'],
  ['an Id with a slash', update('1-2AB/Action'), 'BAD_KEY'],
  ['an Id with an encoded slash', update('1-2AB%2FAction'), 'BAD_KEY'],
  ['an Id of dots', update('..'), 'BAD_KEY'],
  ['an empty Id', update(''), 'BAD_KEY'],
  ['an Id with a query', update('1-2AB?searchspec=x'), 'BAD_KEY'],
  ['an Id that is a number', update(12), 'BAD_TYPE'],
] as const;

const K09 = [
  ['a newer schema', message({ schema: 2 }), 'SCHEMA_VERSION'],
  ['a much newer schema', message({ schema: 9_007_199_254_740_991, shiny: true }), 'SCHEMA_VERSION'],
  ['schema 0', message({ schema: 0 }), 'BAD_VERSION'],
  ['schema -1', message({ schema: -1 }), 'BAD_VERSION'],
  ['schema 1.5', message({ schema: 1.5 }), 'BAD_VERSION'],
  ['schema "1"', message({ schema: '1' }), 'BAD_VERSION'],
  ['schema null', message({ schema: null }), 'BAD_VERSION'],
  ['schema true', message({ schema: true }), 'BAD_VERSION'],
  [
    'an EventBridge event',
    JSON.stringify({ version: '0', id: '1', 'detail-type': 'a', source: 'b', detail: JSON.parse(GOOD) }),
    'ENVELOPE',
  ],
  ['an SNS notification', JSON.stringify({ Type: 'Notification', MessageId: '1', Message: GOOD }), 'ENVELOPE'],
  ['a notification of S3', '{"Records":[{"eventSource":"aws:s3","s3":{"object":{"key":"k"}}}]}', 'ENVELOPE'],
  ['a CloudEvent', '{"specversion":"1.0","type":"a","source":"b","id":"1","data":{}}', 'ENVELOPE'],
  [
    'a pointer into S3',
    '["software.amazon.payloadoffloading.PayloadS3Pointer",{"s3BucketName":"b","s3Key":"k"}]',
    'ENVELOPE',
  ],
  ['a pointer into S3 in its older form', '{"s3BucketName":"b","s3Key":"k"}', 'ENVELOPE'],
] as const;

const TIMES = [
  ['a time without a zone', message({ notAfter: '2026-03-01T12:00:00' }), 'BAD_TIME'],
  ['a day', message({ notAfter: '2026-03-01' }), 'BAD_TIME'],
  ['a time that there is not', message({ notAfter: '2026-02-30T12:00:00Z' }), 'BAD_TIME'],
  ['a time in words', message({ notAfter: 'tomorrow' }), 'BAD_TIME'],
  ['a time that has passed', message({ notAfter: '2020-01-01T00:00:00Z' }), 'EXPIRED'],
] as const;

export const BAD_MESSAGES: readonly BadMessage[] = [
  ...K01.map(kind('K01')),
  ...K02.map(kind('K02')),
  ...K03.map(kind('K03')),
  ...K04.map(kind('K04')),
  ...K05.map(kind('K05')),
  ...K06.map(kind('K06')),
  ...K07.map(kind('K07')),
  ...K08.map(kind('K08')),
  ...K09.map(kind('K09')),
  ...TIMES.map(kind('K16')),
];

/** What no event of a queue looks like: there is nothing that could be acknowledged (K10). */
export const NO_EVENTS: readonly (readonly [name: string, event: unknown])[] = [
  ['undefined', undefined],
  ['null', null],
  ['a text', 'Records'],
  ['a list', []],
  ['an empty object', {}],
  ['the input of a schedule', { job: 'accounts' }],
  ['a request of the API', { version: '2.0', routeKey: 'POST /accounts', body: GOOD }],
  ['an EventBridge event', { 'detail-type': 'a', source: 'b', detail: {} }],
  ['records that are no list', { Records: { 0: { eventSource: 'aws:sqs' } } }],
  ['a record that is null', { Records: [null] }],
  ['a record of S3', { Records: [{ eventSource: 'aws:s3', s3: {} }] }],
  ['a record of SNS', { Records: [{ EventSource: 'aws:sns', Sns: { Message: GOOD } }] }],
  ['a record of DynamoDB', { Records: [{ eventSource: 'aws:dynamodb', dynamodb: {} }] }],
  ['a record that does not say where it is from', { Records: [{ messageId: 'm', receiptHandle: 'h', body: GOOD }] }],
];
