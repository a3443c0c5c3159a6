import { STATUS_CODES } from 'node:http';
import type { Answer } from '../../faults/answer.ts';
import type { SiebelSettings } from '../settings.ts';

/** Says nothing beyond the status: nobody has written down what Siebel puts there. */
const TYPE = 'about:blank';
const CODE = /\(?(SBL-[A-Z]{3}-\d{5})\)?/g;

/**
 * An error in the form that Siebel 26.x can be switched to: the code in a member of its own, and the status that an
 * administrator's map gives the code. The map counts where the form is off, too.
 */
export function asProblem(answer: Answer, settings: Pick<SiebelSettings, 'problemFormat' | 'statusMap'>): Answer {
  const text = errorText(answer);
  if (text === undefined) return answer;
  const code = rootCode(text);
  const mapped = code === undefined ? undefined : settings.statusMap[code];
  const status = mapped ?? answer.status;
  if (!settings.problemFormat) return status === answer.status ? answer : { ...answer, status };
  const problem = {
    type: TYPE,
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail: text.replace(CODE, '').replace(/ +$/gm, ''),
    ...(code !== undefined && { errorCode: code }),
  };
  const headers = { ...answer.headers, 'Content-Type': 'application/problem+json;charset=utf-8' };
  return { status, headers, body: JSON.stringify(problem) };
}

function errorText({ status, headers, body }: Answer): string | undefined {
  if (status < 400 || body === undefined || !/json/i.test(headers?.['Content-Type'] ?? '')) return undefined;
  const json: unknown = JSON.parse(String(body));
  if (typeof json !== 'object' || json === null || !('ERROR' in json)) return undefined;
  return String(json.ERROR);
}

/** The last block tells the cause, and its first code names it. */
function rootCode(text: string): string | undefined {
  const [last = ''] = text.split('\n--\n').slice(-1);
  return [...last.matchAll(CODE)][0]?.[1] ?? [...text.matchAll(CODE)].at(-1)?.[1];
}
