import { idsIn, inWords, isEmpty, refusal, rowsIn } from '../answers.ts';
import { CannotTell, expects, type Question } from '../question.ts';
import { needed, queryOf } from '../site.ts';

/** Paths, encoding and the names of URI parameters. */
export const ADDRESSES: readonly Question[] = [
  {
    id: 'address.trailing-slash',
    asks: 'Does a slash at the end of a path make no difference?',
    mark: 'O',
    needs: 'read',
    answers: expects('the same record'),
    async ask(site) {
      const { id } = site.plain();
      const [found] = idsIn(await site.query({ uniformresponse: undefined }, `${site.address(id)}/`));
      return found === id ? 'the same record' : 'another record';
    },
  },
  {
    id: 'address.encoded-plus',
    asks: 'Is a row id with a plus found when the plus is sent as %2B?',
    mark: 'O',
    needs: 'read',
    answers: expects('found'),
    async ask(site) {
      const { id, component } = needed(site.sample.plus, 'no row id with a plus among the first records');
      const address = `${component}/${encodeURIComponent(id)}`;
      const answer = await site.query({ uniformresponse: undefined, ExecutionMode: undefined }, address);
      return idsIn(answer)[0] === id ? 'found' : 'not found';
    },
  },
  {
    id: 'address.bare-plus',
    asks: 'Is a bare plus in a query read as a blank?',
    mark: 'O',
    needs: 'read',
    answers: expects('as a blank'),
    async ask(site) {
      const { id } = site.plain();
      const specification = `[Id]+%3D+%22${encodeURIComponent(id)}%22`;
      const rest = queryOf({ ViewMode: site.profile.viewMode, uniformresponse: 'y' }, site.profile.parameterNames);
      const answer = await site.send({ path: site.address(), query: `${rest}&searchspec=${specification}` });
      return idsIn(answer)[0] === id ? 'as a blank' : 'not as a blank';
    },
  },
  {
    id: 'address.encoded-slash',
    asks: 'Is %2F inside a path segment refused before Siebel sees it?',
    mark: 'O',
    needs: 'read',
    answers: [{ is: 'refused with HTTP 400' }, { is: 'refused with HTTP 404' }],
    async ask(site) {
      const { status } = await site.send({
        path: `${site.address()}/1-A%2FB`,
        query: queryOf({ ViewMode: site.profile.viewMode }),
      });
      return status >= 400 ? `refused with HTTP ${status}` : `accepted with HTTP ${status}`;
    },
  },
  {
    id: 'address.slash-in-query',
    asks: 'May %2F stand in a value of the query?',
    mark: 'O',
    needs: 'read',
    answers: expects('answered'),
    async ask(site) {
      const answer = await site.search(`[Id] = "1/2" OR [Id] = "${site.plain().id}"`);
      return idsIn(answer).length === 1 ? 'answered' : inWords(answer);
    },
  },
  {
    id: 'address.unicode',
    asks: 'May a literal hold letters of any alphabet, as UTF-8?',
    mark: 'O',
    needs: 'read',
    answers: expects('answered'),
    async ask(site) {
      const [name] = site.profile.key;
      const answer = await site.search(`[${name}] = "上海 عمّان Łódź" OR [Id] = "${site.plain().id}"`);
      return idsIn(answer).length === 1 ? 'answered' : inWords(answer);
    },
  },
  {
    id: 'address.long-search',
    asks: 'Is a search specification of 2,000 characters answered?',
    mark: 'A',
    needs: 'read',
    answers: [{ is: 'answered' }],
    async ask(site) {
      const one = `[Id] = "${site.plain().id}"`;
      const times = Math.floor(2_000 / (one.length + 4));
      const answer = await site.search(Array<string>(times).fill(one).join(' OR '));
      return rowsIn(answer) === '1 row' ? 'answered' : inWords(answer);
    },
  },
  {
    id: 'address.unknown-object',
    asks: 'Is an unknown business object told from "no rows"?',
    mark: 'A',
    needs: 'read',
    answers: expects('yes, a failure with another text'),
    async ask(site) {
      const answer = await site.query({}, '/data/Contract%20Check%20None/Contract%20Check%20None');
      if (isEmpty(answer)) return 'no, it looks like an empty answer';
      return answer.status >= 400 ? 'yes, a failure with another text' : inWords(answer);
    },
  },
  {
    id: 'address.unknown-component',
    asks: 'Which code has an unknown component of a known object?',
    mark: 'O',
    needs: 'read',
    answers: expects('refused with SBL-EAI-50257'),
    async ask(site) {
      const [object = ''] = site.profile.component.split('/');
      return refusal(await site.query({}, `/data/${encodeURIComponent(object)}/Contract%20Check`), 'SBL-EAI-50257');
    },
  },
  {
    id: 'address.not-enabled',
    asks: 'Which code has a business object that is not enabled for REST?',
    mark: 'O',
    needs: 'read',
    answers: expects('refused with SBL-EAI-50297'),
    async ask(site) {
      const name = encodeURIComponent(
        needed(site.profile.notEnabled, 'the profile names no object that is not enabled ("notEnabled")'),
      );
      return refusal(await site.query({}, `/data/${name}/${name}`), 'SBL-EAI-50297');
    },
  },
  {
    id: 'address.heartbeat',
    asks: 'Is there a heartbeat address?',
    mark: 'O',
    needs: 'read',
    answers: expects('answered with HTTP 200'),
    async ask(site) {
      const { status } = await site.send({ path: '/heartbeat' });
      return `answered with HTTP ${status}`;
    },
  },
  {
    id: 'parameters.names-in-any-case',
    asks: 'May the names of parameters be written in any case?',
    mark: 'O',
    needs: 'read',
    answers: expects('in any case'),
    async ask(site) {
      if ((site.profile.parameterNames['PageSize'] ?? 'PageSize') !== 'PageSize')
        throw new CannotTell('PageSize is renamed here');
      const [lower, upper] = await Promise.all([site.query({ pagesize: 1 }), site.query({ PAGESIZE: 1 })]);
      return rowsIn(lower) === '1 row' && rowsIn(upper) === '1 row' ? 'in any case' : 'not in any case';
    },
  },
  {
    id: 'parameters.official-names',
    asks: 'Is PageSize obeyed under its official name?',
    mark: 'D',
    needs: 'read',
    answers: [
      { is: 'obeyed' },
      {
        is: 'ignored: the parameter has another name here',
        site: "site.parameterNames: { PageSize: '…' }",
        standIn: { parameterNames: { pagesize: 'Limit' } },
      },
    ],
    async ask(site) {
      const rest = { ViewMode: site.profile.viewMode, uniformresponse: 'y', ExecutionMode: 'ForwardOnly' };
      const query = `${queryOf(rest, site.profile.parameterNames)}&PageSize=2`;
      const rows = idsIn(await site.send({ path: site.address(), query })).length;
      if (site.sample.records.length < 3) throw new CannotTell('too few records');
      return rows === 2 ? 'obeyed' : 'ignored: the parameter has another name here';
    },
  },
  {
    id: 'parameters.strict-values',
    asks: 'Is a boolean written True silently taken for false?',
    mark: 'O',
    needs: 'read',
    answers: expects('true counts, True does not'),
    async ask(site) {
      const one = `[Id] = "${site.plain().id}"`;
      const [lower, upper] = await Promise.all([
        site.search(one, { recordcountneeded: 'true' }),
        site.search(one, { recordcountneeded: 'True' }),
      ]);
      const counts = [lower, upper].map(({ headers }) => headers['total-record-count'] !== undefined);
      return `true ${counts[0] ? 'counts' : 'does not'}, True ${counts[1] ? 'counts' : 'does not'}`;
    },
  },
  {
    id: 'parameters.unknown-ignored',
    asks: 'Are unknown parameters silently ignored?',
    mark: 'O',
    needs: 'read',
    answers: expects('ignored: the same rows'),
    async ask(site) {
      const [plain, second] = await Promise.all([site.query({ PageSize: 2 }), site.query({ PageSize: 2, page: 2 })]);
      return idsIn(plain).join() === idsIn(second).join() ? 'ignored: the same rows' : 'not ignored: other rows';
    },
  },
  {
    id: 'parameters.workspace',
    asks: 'Is workspace=MAIN the same as no workspace?',
    mark: 'O',
    needs: 'read',
    answers: expects('the same rows'),
    async ask(site) {
      const [plain, main] = await Promise.all([
        site.query({ PageSize: 3 }),
        site.query({ PageSize: 3, workspace: 'MAIN' }),
      ]);
      return idsIn(plain).join() === idsIn(main).join() ? 'the same rows' : 'other rows';
    },
  },
];
