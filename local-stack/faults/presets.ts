import type { Fault } from './fault.ts';

const NESTED = `Method 'Post' failed in 'Acme Flow'.(SBL-BPR-00162)
--
Due Date is too late.(SBL-DAT-00521)(SBL-EAI-04376)`;

/** `{"items":[{"Id":"1-1","Name":"<FF FE>"}],"Link":[]}`: two bytes that are no UTF-8. */
const BROKEN_TEXT = Buffer.concat([
  Buffer.from('{"items":[{"Id":"1-1","Name":"'),
  Buffer.from([0xff, 0xfe]),
  Buffer.from('"}],"Link":[]}'),
]).toString('base64');

/** Faults with a name: a rule may have the name in the place of the fault. */
export const PRESETS: Readonly<Record<string, Fault>> = {
  // What stands before Siebel
  'gateway 403': { status: 403, body: 'Access from 203.0.113.7 is not allowed.' },
  'gateway 429': { status: 429, body: 'Too many requests', headers: { 'Retry-After': '1' } },
  'gateway 502': { status: 502, html: true },
  'gateway 504': { status: 504, html: true },
  'sign-in page': { status: 200, html: true },
  'Tomcat 500': { status: 500, html: true, headers: { Connection: 'close' } },
  redirect: { status: 302, headers: { Location: 'https://siebel.example.com/siebel/v1.0/data' } },
  'renamed members': { status: 500, body: { message: 'success', error: 'Access denied.(SBL-DAT-00542)' } },

  // What Siebel says
  restart: { status: 500, body: { ERROR: 'Could not open a session in 4 attempts.' } },
  'database lost': { status: 503, body: { ERROR: 'The connection to the database was lost.(SBL-EAI-05001)' } },
  'unknown 500': { status: 500, body: { ERROR: 'An unexpected error occurred.' } },
  'nested codes': { status: 500, body: { ERROR: NESTED } },
  'error on 200': { status: 200, body: { ERROR: "The value is not in the pick list of 'Type'.(SBL-DAT-00225)" } },
  'no responsibility': {
    status: 403,
    body: { ERROR: 'You have no access to the requested resource.(SBL-DAT-00825)' },
  },
  'write 304': { settings: { writeStatus: 304 } },

  // Answers that are none
  'empty object': { body: {} },
  'empty body': { status: 200, body: '', contentType: 'application/json' },
  'endless paging': { parameters: { StartRowNum: '0' } },
  'broken UTF-8': { bodyBase64: BROKEN_TEXT },
  'wrong type': { headers: { 'Content-Type': 'text/html;charset=utf-8' } },
  'too long a length': { lengthOff: 100 },
  'too short a length': { lengthOff: -20 },
  'cut body': { truncate: true },
  'cut JSON': { truncate: 'framed' },
  'huge body': { padMiB: 80 },
  bomb: { padMiB: 80, compressed: true },
  dripping: { dripMs: 50 },

  // Work whose answer is lost
  'lost answer': { reset: 'after-commit' },
  'late commit': { commitAfterMs: 500 },
};
