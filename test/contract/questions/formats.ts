import { inWords, isEmpty, isItem } from '../answers.ts';
import { CannotTell, expects, type Question } from '../question.ts';
import { queryOf, type Site } from '../site.ts';
import type { WireAnswer } from '../wire.ts';

/** Formats of answers and failures, and who may call. */
export const FORMATS: readonly Question[] = [
  {
    id: 'format.xml',
    asks: 'Does the content type of a GET decide the format of its answer: XML?',
    mark: 'D',
    needs: 'read',
    since: '17',
    answers: [
      { is: 'XML', standIn: { xml: true } },
      { is: 'refused', standIn: { xml: false } },
    ],
    async ask(site) {
      const headers = { 'Content-Type': 'application/xml', Accept: 'application/xml' };
      const { text, status } = await oneRow(site, headers);
      if (status >= 400) return 'refused';
      return /^\s*(<\?xml[^>]*>\s*)?<response[\s>]/.test(text) ? 'XML' : `HTTP ${status} in another format`;
    },
  },
  {
    id: 'format.gzip',
    asks: 'Are answers compressed for a client that takes gzip?',
    mark: 'U',
    needs: 'read',
    answers: [
      { is: 'plain', standIn: { gzip: false } },
      { is: 'gzip', standIn: { gzip: true } },
    ],
    async ask(site) {
      const answer = await oneRow(site, { 'Accept-Encoding': 'gzip' });
      if (answer.json === undefined) return inWords(answer);
      return String(answer.headers['content-encoding'] ?? 'plain');
    },
  },
  {
    id: 'format.charset',
    asks: 'Is JSON written in UTF-8?',
    mark: 'O',
    needs: 'read',
    answers: expects('UTF-8'),
    async ask(site) {
      const { headers, status } = await oneRow(site);
      if (status !== 200) return `HTTP ${status}`;
      const charset = /charset="?([^";]+)/i.exec(String(headers['content-type']))?.[1] ?? 'utf-8';
      return charset.toLowerCase() === 'utf-8' ? 'UTF-8' : 'another charset';
    },
  },
  {
    id: 'failure.shape',
    asks: 'In which form is a failure told?',
    mark: 'D',
    needs: 'read',
    answers: [
      { is: 'a member ERROR that ends in the code in parentheses', standIn: { problemFormat: false } },
      { is: 'a problem document with errorCode', standIn: { problemFormat: true } },
    ],
    async ask(site) {
      const { json, ...rest } = await broken(site);
      if (!isItem(json)) return inWords({ json, ...rest });
      if (/\(SBL-[A-Z]{3}-\d{5}\)$/.test(String(json['ERROR'])))
        return 'a member ERROR that ends in the code in parentheses';
      if (typeof json['title'] === 'string' && typeof json['status'] === 'number')
        return 'a problem document with errorCode';
      return inWords({ json, ...rest });
    },
  },
  {
    id: 'failure.status',
    asks: "Which status has a caller's mistake in a search?",
    mark: 'O',
    needs: 'read',
    answers: [{ is: 'HTTP 500' }, { is: 'HTTP 400', standIn: { statusMap: { 'SBL-DAT-00416': 400 } } }],
    async ask(site) {
      const answer = await broken(site);
      if (!answer.codes.includes('SBL-DAT-00416')) throw new CannotTell(`the code is another one: ${inWords(answer)}`);
      return `HTTP ${answer.status}`;
    },
  },
  {
    id: 'access.no-token',
    asks: 'What is answered to a call without a token?',
    mark: 'D',
    needs: 'read',
    answers: [
      { is: 'HTTP 401', standIn: { anonymous: false } },
      { is: 'it runs as a guest: anonymous REST is on', standIn: { anonymous: true } },
    ],
    async ask(site) {
      const parameters = { PageSize: 1, ExecutionMode: 'ForwardOnly' };
      const query = queryOf(parameters, site.profile.parameterNames);
      const answer = await site.send({ path: site.address(), query, token: 'none' });
      if (answer.status === 401) return 'HTTP 401';
      // A gateway may refuse or redirect such a call too: only an answer about records is Siebel's to a guest.
      return isEmpty(answer) || isRecords(answer) ? 'it runs as a guest: anonymous REST is on' : inWords(answer);
    },
  },
  {
    id: 'access.wrong-token',
    asks: 'What stands in the answer to a wrong token?',
    mark: 'U',
    needs: 'read',
    answers: [
      { is: 'HTTP 401, nothing', standIn: { unauthorized: 'empty' } },
      { is: 'HTTP 401, a body', standIn: { unauthorized: 'body' } },
      { is: 'HTTP 401, a WWW-Authenticate header', standIn: { unauthorized: 'challenge' } },
    ],
    async ask(site) {
      const { status, text, headers } = await site.send({
        path: site.address(),
        query: queryOf({ PageSize: 1, ViewMode: site.profile.viewMode }, site.profile.parameterNames),
        token: 'wrong',
      });
      const parts = [
        headers['www-authenticate'] === undefined ? '' : 'a WWW-Authenticate header',
        text === '' ? '' : 'a body',
      ];
      return `HTTP ${status}, ${parts.filter(Boolean).join(' and ') || 'nothing'}`;
    },
  },
  {
    id: 'access.cookie',
    asks: 'Does an answer set a cookie?',
    mark: 'U',
    needs: 'read',
    answers: [
      { is: 'no', standIn: { cookie: false } },
      { is: 'yes', standIn: { cookie: true } },
    ],
    async ask(site) {
      const { headers, status } = await oneRow(site);
      if (status !== 200) return `HTTP ${status}`;
      return headers['set-cookie'] === undefined ? 'no' : 'yes';
    },
  },
  {
    id: 'access.without-cookie',
    asks: 'Are calls answered that send no cookie back?',
    mark: 'A',
    needs: 'read',
    answers: expects('yes'),
    async ask(site) {
      const answers = [await oneRow(site), await oneRow(site)];
      return answers.every(({ status }) => status === 200) ? 'yes' : 'no';
    },
  },
  {
    id: 'access.tag',
    asks: 'Is there a version of a record, such as an ETag, in an answer?',
    mark: 'U',
    needs: 'read',
    answers: expects('none'),
    async ask(site) {
      const { headers, status } = await site.read(site.plain().id);
      if (status !== 200) return `HTTP ${status}`;
      return headers['etag'] === undefined && headers['last-modified'] === undefined ? 'none' : 'yes';
    },
  },
];

function isRecords({ status, json }: WireAnswer): boolean {
  return status === 200 && isItem(json) && ('items' in json || 'Id' in json);
}

function oneRow(site: Site, headers: Readonly<Record<string, string>> = {}): Promise<WireAnswer> {
  const query = queryOf(
    { ViewMode: site.profile.viewMode, uniformresponse: 'y', PageSize: 1, ExecutionMode: 'ForwardOnly' },
    site.profile.parameterNames,
  );
  return site.send({ path: site.address(), query, headers });
}

function broken(site: Site): Promise<WireAnswer> {
  return site.search('[Contract Check None] = "x"');
}
