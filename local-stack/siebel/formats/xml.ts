import type { Answer } from '../../faults/answer.ts';
import { plain } from '../siebel-error.ts';
import { elementName, nameOfElement } from './xml-names.ts';
import { parseXml, type XmlElement, XmlError } from './xml-parser.ts';

/**
 * Reads the body of an XML request as the JSON it stands for: `<request>` around the members, or `<body>` around the
 * arguments of a service. An element that comes more than once is an array, an empty one an empty text.
 *
 * @throws SiebelError when the body is no such document.
 */
export function fromXml(body: string): unknown {
  const root = readDocument(body);
  const value = jsonOf(root);
  // A body without members is an object without members, not a text.
  const members = typeof value === 'string' ? {} : value;
  if (root.name === 'request') return members;
  if (root.name === 'body') return { body: members };
  throw plain(500, `The request body begins with '${root.name}', not with 'request'.`);
}

/** The same answer as XML: `<response>` around the members of the JSON. An answer without a body stays without one. */
export function toXml(answer: Answer): Answer {
  if (answer.body === undefined || answer.body.length === 0) return answer;
  const json: unknown = JSON.parse(String(answer.body));
  // A bare array has no name of its own.
  const members = Array.isArray(json) ? { items: json } : json;
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n${written('response', members)}\n`;
  return { ...answer, headers: { ...answer.headers, 'Content-Type': 'application/xml;charset=utf-8' }, body };
}

function readDocument(body: string): XmlElement {
  try {
    return parseXml(body);
  } catch (error) {
    if (error instanceof XmlError) throw plain(500, 'The request body is no XML.');
    throw error;
  }
}

function jsonOf({ children, text }: XmlElement): unknown {
  if (children.length === 0) return text;
  const byName = Map.groupBy(children, ({ name }) => name);
  return Object.fromEntries(
    [...byName].map(([name, [first, ...others]]) => [
      nameOfElement(name),
      others.length === 0 && first ? jsonOf(first) : [first, ...others].map((child) => child && jsonOf(child)),
    ]),
  );
}

function written(name: string, value: unknown): string {
  if (Array.isArray(value)) return value.map((item) => written(name, item)).join('');
  const element = elementName(name);
  const content =
    typeof value === 'object' && value !== null
      ? Object.entries(value)
          .map(([member, memberValue]) => written(member, memberValue))
          .join('')
      : escaped(String(value ?? ''));
  return content === '' ? `<${element}/>` : `<${element}>${content}</${element}>`;
}

/** Control characters that XML 1.0 has no place for are left out. */
function escaped(text: string): string {
  return text
    .replace(/[\x00-\x08\x0b\x0c\x0e-\x1f]/g, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('\r', '&#13;');
}
