import { isItem } from './answers.ts';
import { answerOf, type Send, type WireAnswer, type WireRequest } from './wire.ts';

/** A Siebel that is wrong in one way: what it makes of a request, and of the answer to it. */
export interface Lie {
  readonly name: string;
  readonly request?: (request: WireRequest) => WireRequest;
  readonly answer?: (answer: WireAnswer, request: WireRequest) => WireAnswer;
}

const NO_DATA = '{"ERROR":"There is no data for the requested resource"}';

/** Ways to be wrong; each question must notice at least one of them. */
export const LIES: readonly Lie[] = [
  { name: 'no data', answer: (answer) => answerOf(404, answer.headers, NO_DATA) },
  {
    name: 'success and failure swapped',
    answer: (answer) => answerOf(answer.status < 400 ? 500 : 200, answer.headers, answer.text),
  },
  {
    name: 'other codes',
    answer: (answer) =>
      answerOf(answer.status, answer.headers, answer.text.replace(/SBL-[A-Z]{3}-\d{5}/g, 'SBL-XXX-00000')),
  },
  {
    name: 'other texts of failures',
    answer: (answer) => (answer.status < 400 ? answer : answerOf(answer.status, {}, '<html></html>')),
  },
  {
    name: 'another status of failures',
    answer: (answer) => (answer.status < 400 ? answer : answerOf(418, answer.headers, answer.text)),
  },
  {
    name: 'a code in every failure',
    answer: (answer) =>
      answer.status < 400 ? answer : answerOf(answer.status, answer.headers, `${answer.text} (SBL-DAT-99999)`),
  },
  { name: 'nothing', answer: (answer) => answerOf(200, answer.headers, '{}') },
  { name: 'no body', answer: (answer) => answerOf(answer.status, answer.headers, '') },
  { name: 'lists and objects swapped', answer: (answer) => rebuilt(answer, packedOtherwise) },
  {
    name: 'numbers in the place of text',
    answer: (answer) =>
      rebuilt(answer, (name, value) => (typeof value === 'string' && name !== 'Id' && !isLinkPart(name) ? 1 : value)),
  },
  { name: 'nothing is unset', answer: (answer) => rebuilt(answer, (_name, value) => (value === '' ? null : value)) },
  {
    name: 'dates in ISO 8601',
    answer: (answer) =>
      answerOf(answer.status, answer.headers, answer.text.replace(/(\d\d)\/(\d\d)\/(\d{4}) /g, '$3-$1-$2T')),
  },
  {
    name: 'a field that no record has',
    answer: (answer) =>
      answerOf(
        answer.status,
        answer.headers,
        answer.text.replace(/"properties":\{(?=")/g, '"properties":{"Lie":{"type":"string"},'),
      ),
  },
  {
    name: 'dates of another day',
    answer: (answer) =>
      answerOf(answer.status, answer.headers, answer.text.replace(/\d\d\/\d\d\/\d{4} /g, '01/31/2001 ')),
  },
  {
    name: 'one record more',
    answer: (answer) =>
      rebuilt(answer, (name, value) =>
        name === 'items' && Array.isArray(value) ? [...value, { Id: '1-LIE' }] : value,
      ),
  },
  {
    name: 'one record alone',
    answer: (answer) =>
      rebuilt(answer, (name, value) => (name === 'items' && Array.isArray(value) ? value.slice(0, 1) : value)),
  },
  {
    name: 'records backwards',
    answer: (answer) =>
      rebuilt(answer, (name, value) => (name === 'items' && Array.isArray(value) ? [...value].reverse() : value)),
  },
  {
    name: 'lastpage everywhere',
    answer: (answer) =>
      rebuilt(answer, (name, value) => (name === '' && isItem(value) ? { ...value, lastpage: true } : value)),
  },
  {
    name: 'links of another kind',
    answer: (answer) =>
      rebuilt(answer, (name, value) => (name === 'rel' ? (value === 'child' ? 'parent' : 'child') : value)),
  },
  {
    name: 'other headers',
    answer: ({ status, text }) =>
      answerOf(
        status,
        {
          'content-type': 'text/plain;charset=latin1',
          'content-encoding': 'br',
          'set-cookie': ['a=b'],
          etag: '"1"',
          'total-record-count': '0',
        },
        text,
      ),
  },
  { name: 'no parameters', request: (request) => ({ ...request, query: kept(request.query, /^ViewMode=/i) }) },
  { name: 'no search', request: (request) => ({ ...request, query: kept(request.query, /^(?!searchspec=)/i) }) },
  { name: 'no view mode', request: (request) => ({ ...request, query: kept(request.query, /^(?!ViewMode=)/i) }) },
  {
    name: 'everything is visible',
    request: (request) => ({ ...request, query: `${kept(request.query, /^(?!ViewMode=)/i)}&ViewMode=All` }),
  },
  {
    name: 'arguments are taken anywhere',
    request: (request) =>
      isItem(request.body) && !('body' in request.body) ? { ...request, body: { body: request.body } } : request,
  },
  { name: 'always with the token', request: ({ token: _, ...request }) => request },
  {
    name: 'writes are forgotten',
    answer: canned,
    request: (request) => (isWrite(request) ? { path: '/heartbeat' } : request),
  },
];

/** The wire with one lie in it, told on the request of this number (from 1), or on all. */
export function lying(
  send: Send,
  { request: asSent, answer: asAnswered }: Lie,
  only?: number,
): Send & { count: () => number } {
  let count = 0;
  const lie: Send = async (request) => {
    count += 1;
    if (only !== undefined && count !== only) return send(request);
    const answer = await send(asSent ? asSent(request) : request);
    return asAnswered ? asAnswered(answer, request) : answer;
  };
  return Object.assign(lie, { count: () => count });
}

function isWrite({ method = 'GET' }: WireRequest): boolean {
  return method !== 'GET';
}

function canned(answer: WireAnswer, request: WireRequest): WireAnswer {
  if (!isWrite(request)) return answer;
  return answerOf(200, { 'content-type': 'application/json' }, '{"items":{"Id":"1-LIE","Link":{"rel":"self"}}}');
}

/** The parts of a query string that fit. */
function kept(query: string | undefined, part: RegExp): string {
  return (query ?? '')
    .split('&')
    .filter((text) => part.test(text))
    .join('&');
}

function isLinkPart(name: string): boolean {
  return ['rel', 'href', 'name', 'ERROR', 'Error Code'].includes(name);
}

function packedOtherwise(name: string, value: unknown): unknown {
  const isPacked = name === 'items' || name === 'Link' || name === '' || /^[A-Z]/.test(name);
  if (!isPacked) return value;
  if (Array.isArray(value)) return value[0] ?? {};
  return isItem(value) && name !== '' ? [value] : name === '' && isItem(value) ? [value] : value;
}

/** The JSON of an answer with each value replaced, the outermost one (named '') last. */
function rebuilt(answer: WireAnswer, replace: (name: string, value: unknown) => unknown): WireAnswer {
  if (answer.json === undefined) return answer;
  const walk = (name: string, value: unknown): unknown => {
    const inner = Array.isArray(value)
      ? value.map((item) => walk('item', item))
      : isItem(value)
        ? Object.fromEntries(Object.entries(value).map(([member, held]) => [member, walk(member, held)]))
        : value;
    return replace(name, inner);
  };
  return answerOf(answer.status, answer.headers, JSON.stringify(walk('', answer.json)));
}
