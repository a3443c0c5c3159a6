import type { AnsweredBy } from '../errors.ts';
import type { HttpResponse } from '../http/exchange.ts';
import { isObject } from '../json.ts';

/** What an answer says about a failure: the texts as they came, for classification only. They may quote data. */
export interface FailureText {
  /** Blocks of text; the last one holds the root cause. */
  readonly blocks: readonly string[];
  /** SBL codes in order of appearance, each once; of very many the first and the last. */
  readonly codes: readonly string[];
  readonly answeredBy: AnsweredBy;
  /** Siebel's words for "no records", not counting the status and the codes beside them. */
  readonly saysNoData: boolean;
  /** JSON or XML, as data resources answer: a page or a plain text is no answer of theirs, whatever it says. */
  readonly isData: boolean;
}

const CODE = /SBL-[A-Z]{3}-\d{5}(?!\d)/g;
const NO_DATA = /^there is no data for the requested resource[\s.!]*$/i;
/** Also without parentheses when there is nothing else. */
const AT_END = /(?:\(SBL-[A-Z]{3}-\d{5}\)[\s.]*)+$|^\s*SBL-[A-Z]{3}-\d{5}\s*$/;
/** Nested messages are parted by a line of two hyphens; codes alone by the hyphens. */
const BETWEEN_BLOCKS = /\s--\s|--(?=\(?SBL-)/;
/** Of an answer that is no success only this much is parsed; of a longer one the beginning and the end are read as text. */
const MAX_FAILURE_BYTES = 262_144;
/** Patterns are only run over this much of a text from outside: its beginning, and its end with the root cause. */
const MAX_HEAD = 1_024;
const MAX_TAIL = 3_072;
/** Codes that are handed on from each end of a list. */
const MAX_CODES_AN_END = 8;
/** Members that carry a text about a failure, compared without case and blanks; the most telling one last. */
const TEXT_MEMBERS = ['message', 'title', 'errormessage', 'detail', 'error', 'code', 'errorcode'];
/** Members that nobody but Siebel uses. */
const SIEBEL_MEMBERS = ['ERROR', 'Error Code', 'Error Message'];
/** How far inside each other such members are looked for: proxies wrap them. */
const MAX_NESTING = 3;
const HTML_TYPE = /^\s*(?:text\/html|application\/xhtml\+xml)\b/i;
const HTML = /^\s*(?:<!--[^>]*-->\s*)?<(?:!doctype html|html)\b/i;
const TOMCAT = /<title>HTTP Status \d{3}|Apache Tomcat\//;
const XML_ERROR = /<(?:ERROR|error|errorCode|Error_spcCode|Error_spcMessage)[\s/>]/;
const BARE_MEMBER = /^\s*"ERROR"\s*:/;

/**
 * The texts of an answer that is no success. The content type comes first; a body that is plainly something else is read
 * as what it is, as gateways and Tomcat answer in forms of their own. Never throws.
 */
export function failureTextOf({ headers, body }: Pick<HttpResponse, 'headers' | 'body'>): FailureText {
  const type = headers['content-type'] ?? '';
  const text = decoded(body.length <= MAX_FAILURE_BYTES ? body : endsOf(body), type);
  const found = failureText(jsonIn(text) ?? text);
  return HTML_TYPE.test(type) ? { ...found, saysNoData: false, isData: false } : found;
}

/**
 * The texts of a failure: of its known members when it is JSON, of its elements when it is XML or HTML, else all of it.
 *
 * @param body A JSON value, or text that is none.
 */
export function failureText(body: unknown): FailureText {
  const { texts, spokenBy, isData } = typeof body === 'string' ? ofText(body) : ofJson(body);
  const blocks = texts.flatMap((text) => bounded(text).split(BETWEEN_BLOCKS));
  const found = [...new Set(blocks.flatMap(codesIn))];
  const saysNoData = isData && blocks.some((block) => NO_DATA.test(block.trim()));
  return {
    blocks,
    codes: found.length <= 2 * MAX_CODES_AN_END ? found : firstAndLast(found),
    answeredBy: found.length > 0 || saysNoData ? 'siebel' : spokenBy,
    saysNoData,
    isData,
  };
}

/** The SBL codes at the end of a block, in order: `Required.(SBL-DAT-00498)(SBL-EAI-04381)`. What stands before may quote. */
export function codesAtEnd(block: string): readonly string[] {
  return codesIn(AT_END.exec(block)?.[0] ?? '');
}

/** SBL codes of a block, in order. */
export function codesIn(block: string): readonly string[] {
  return block.match(CODE) ?? [];
}

interface Spoken {
  readonly texts: readonly string[];
  readonly spokenBy: AnsweredBy;
  readonly isData: boolean;
}

function ofText(text: string): Spoken {
  if (text.trim() === '') return { texts: [], spokenBy: 'unknown', isData: false };
  const part = bounded(text);
  if (HTML.test(part)) {
    return { texts: textsOfMarkup(part), spokenBy: TOMCAT.test(part) ? 'servlet-container' : 'gateway', isData: false };
  }
  const isData = /^\s*</.test(part);
  if (!isData) return { texts: [part], spokenBy: 'gateway', isData };
  return { texts: textsOfMarkup(part), spokenBy: XML_ERROR.test(part) ? 'siebel' : 'gateway', isData };
}

function ofJson(body: unknown): Spoken {
  const texts = textsOfJson(body);
  const isSiebel = isObject(body) && SIEBEL_MEMBERS.some((name) => Object.hasOwn(body, name));
  return { texts, spokenBy: isSiebel ? 'siebel' : texts.length > 0 ? 'gateway' : 'unknown', isData: true };
}

/** Texts between tags. References stay as they are: nothing that is looked for has one. */
function textsOfMarkup(markup: string): string[] {
  return markup
    .replace(/<!\[CDATA\[|\]\]>/g, '')
    .split(/<[^<>]*>/)
    .map((text) => text.trim())
    .filter((text) => text !== '');
}

function textsOfJson(body: unknown, nesting = 0): string[] {
  if (typeof body === 'string') return body === '' ? [] : [body];
  if (Array.isArray(body)) return nesting > MAX_NESTING ? [] : textsOfJson(body[0], nesting + 1);
  if (!isObject(body) || nesting > MAX_NESTING) return [];
  return Object.entries(body)
    .map(([name, value]) => [TEXT_MEMBERS.indexOf(plainName(name)), value] as const)
    .filter(([rank]) => rank >= 0)
    .sort(([left], [right]) => left - right)
    .flatMap(([, value]) => textsOfJson(value, nesting + 1));
}

/** Whether an object has a text of its own by this name, and not an empty one. */
export function hasText(body: Readonly<Record<string, unknown>>, name: string): boolean {
  return Object.hasOwn(body, name) && typeof body[name] === 'string' && body[name] !== '';
}

function plainName(name: string): string {
  return name.length > 20 ? name : name.replace(/[ _-]/g, '').toLowerCase();
}

/** An object or array; some guides print an error without the braces around it. */
function jsonIn(text: string): unknown {
  const json = BARE_MEMBER.test(text) ? `{${text}}` : text;
  if (!/^\s*[{[]/.test(json)) return undefined;
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** In the charset that the answer names, when it is one; bytes that do not fit are replaced. One byte order mark is dropped. */
function decoded(body: Buffer, type: string): string {
  const [, charset = 'utf-8'] = /;\s*charset\s*=\s*"?([\w-]{1,40})/i.exec(type) ?? [];
  try {
    return new TextDecoder(charset).decode(body);
  } catch {
    return new TextDecoder().decode(body);
  }
}

function bounded(text: string): string {
  return text.length <= MAX_HEAD + MAX_TAIL ? text : `${text.slice(0, MAX_HEAD)}\n${text.slice(-MAX_TAIL)}`;
}

function endsOf(body: Buffer): Buffer {
  return Buffer.concat([body.subarray(0, MAX_FAILURE_BYTES / 2), body.subarray(-MAX_FAILURE_BYTES / 2)]);
}

function firstAndLast(codes: readonly string[]): string[] {
  return [...codes.slice(0, MAX_CODES_AN_END), ...codes.slice(-MAX_CODES_AN_END)];
}
