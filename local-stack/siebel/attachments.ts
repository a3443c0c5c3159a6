import type { Component } from './components.ts';
import { isoSeconds } from './dates.ts';
import { plain } from './siebel-error.ts';
import type { Row } from './store.ts';

const ADDRESS = /^https?:\/\//i;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * What a written attachment says about its file: size in bytes and time. A file comes as Base64; an address may stand in
 * its place, and is kept as it is.
 */
export function describeFile(component: Component, values: Row, nowMs: number): Row {
  const field = component.fields.find(({ type }) => type === 'attachment');
  const content = field && values[field.name];
  if (content === undefined) return {};
  const isAddress = content !== null && ADDRESS.test(content);
  if (content !== null && !isAddress && !BASE64.test(content)) throw plain(500, 'The attachment is not Base64.');
  const bytes = content === null || isAddress ? null : String(Buffer.byteLength(content, 'base64'));
  return { AccntFileSize: bytes, AccntFileDate: isoSeconds(nowMs) };
}

/** Whether an attachment field holds an address in the place of a file. */
export function isAddress(stored: string): boolean {
  return ADDRESS.test(stored);
}
