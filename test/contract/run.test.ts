import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Domain, startDomain } from '../local-stack/siebel-fixture.ts';
import { journalOf } from './journal.ts';
import type { Question } from './question.ts';
import { NothingAsked, type Outcome, runContract } from './run.ts';
import { siteOf } from './site.ts';
import { type ContractStandIn, contractStandIn, STAND_IN } from './stand-in.ts';
import { QUESTIONS } from './table.ts';
import { answerOf, NoAnswer, type Send, type WireRequest } from './wire.ts';

const NO_DATA = answerOf(404, {}, '{"ERROR":"There is no data for the requested resource"}');
const PUT_MADE = ['write.put-answer', 'batch.answer', 'child.put-answer', 'child.put-several', 'hierarchy.insert'];

let domain: Domain;
let standIn: ContractStandIn;
beforeAll(async () => {
  domain = await startDomain();
  standIn = await contractStandIn(domain);
});
afterAll(() => Promise.all([standIn.close(), domain.identity.close()]));

const sent: WireRequest[] = [];
/** A run whose requests pass through this. */
function run(
  options: Partial<Parameters<typeof runContract>[0]>,
  on: (request: WireRequest) => ReturnType<Send> = standIn.wire.send,
): Promise<Outcome> {
  sent.length = 0;
  const send: Send = (request) => {
    sent.push(request);
    return on(request);
  };
  return runContract({ send, profile: STAND_IN, questions: QUESTIONS, write: false, parallel: 4, ...options });
}
const named = (...ids: readonly string[]) => QUESTIONS.filter(({ id }) => ids.includes(id));
const everything = () => JSON.stringify([standIn.siebel.records('Account'), standIn.siebel.records('Contact')]);
const search = ({ query = '' }: WireRequest) => decodeURIComponent(/(?:^|&)searchspec=([^&]*)/.exec(query)?.[1] ?? '');
const resultOf = ({ findings }: Outcome) => findings.map(({ verdict, seen }) => `${verdict}: ${seen}`);

describe('a run that may not write', () => {
  it('changes nothing, sends GET and calls of the echo alone, and asks what it can', async () => {
    const before = everything();
    const { findings, left, calls } = await run({});
    const writes = sent.filter(({ method = 'GET' }) => method !== 'GET');

    expect(new Set(writes.map(({ path }) => path))).toEqual(new Set(['/service/Workflow%20Utilities/Echo']));
    expect(everything()).toBe(before);
    expect(findings.filter(({ verdict }) => verdict === 'skipped').map(({ question }) => question)).toEqual(
      QUESTIONS.filter(({ needs }) => needs === 'write'),
    );
    expect(findings.filter(({ verdict }) => verdict === 'differs')).toEqual([]);
    expect([left, calls]).toEqual([[], []]);
  });

  it('does not call a service of the profile that is not the echo', async () => {
    const profile = { ...STAND_IN, service: { path: 'Price Administration/Set Price', input: {} } };
    const { findings } = await run({ profile, questions: named('service.body', 'service.method-get', 'sort.blanks') });

    expect(findings.map(({ seen }) => seen)).toEqual(['yes', 'writes: give --write', 'writes: give --write']);
    expect(sent.filter(({ path }) => path.startsWith('/service'))).toEqual([]);
  });

  it('lets no question write by mistake', async () => {
    const writing: Question = {
      id: 'a.b',
      asks: '',
      mark: 'U',
      needs: 'read',
      answers: [{ is: 'x' }],
      ask: async (site) => String((await site.send({ method: 'POST', path: '/workflow/Close' })).status),
    };

    expect(resultOf(await run({ questions: [writing] }))).toEqual(['cannot tell: writes: give --write']);
    expect(sent.filter(({ method = 'GET' }) => method !== 'GET')).toEqual([]);
  });
});

describe('the records that a run begins from', () => {
  it.each([false, true])(
    'are found among five thousand accounts, of which many begin with digits (write: %s)',
    async (write) => {
      const many = await contractStandIn(domain, { records: 5_000, rowLimit: 9_900 });
      const profile = { ...STAND_IN, rowCeiling: 9_900 };
      const { findings } = await runContract({
        send: many.wire.send,
        profile,
        questions: QUESTIONS,
        write,
        parallel: 4,
      });
      await many.close();

      expect(
        findings.filter(({ verdict }) => verdict === 'cannot tell' || verdict === 'differs').map(({ seen }) => seen),
      ).toEqual(['the component shows no more than 9900 records']);
    },
  );

  it('are made where none has a plain key', async () => {
    const odd: Send = async (request) => {
      const answer = await standIn.wire.send(request);
      const text = answer.text.replace(/"Name":"(?!contract-check)/g, '"Name":"*');
      return answerOf(answer.status, answer.headers, text);
    };

    expect(resultOf(await run({ questions: named('search.double-quotes') }, odd))).toEqual([
      'cannot tell: no record whose Name is plain text',
    ]);
    expect(resultOf(await run({ write: true, questions: named('search.double-quotes') }, odd))).toEqual(['holds: yes']);
  });

  it('are looked for on smaller pages where large ones are refused, and the setting is told', async () => {
    const small: Send = async (request) =>
      /PageSize=(?!\d(&|$)|10(&|$))/.test(request.query ?? '') ? answerOf(500, {}, '') : standIn.wire.send(request);
    const outcome = await run({ questions: named('paging.hundred') }, small);

    expect(resultOf(outcome)).toEqual(['differs: refused: at most 10 are given']);
    expect(outcome.findings[0]?.answer).toMatchObject({ site: 'site.maxPageSize: 10' });
  });

  it('say what may be wrong when there are none', async () => {
    const refused = run({}, async () => answerOf(404, {}, '{"ERROR":"no such thing"}'));

    await expect(refused).rejects.toThrow(NothingAsked);
    await expect(refused.catch(({ cause }) => cause.message)).resolves.toMatch(/is the context path of --siebel right/);
  });
});

describe('a run that writes', () => {
  it('leaves every record of others as it was, and none of its own', async () => {
    const before = everything();
    const { findings, left, calls } = await run({ write: true });

    expect(findings.filter(({ verdict }) => verdict !== 'holds')).toEqual([]);
    expect(left).toEqual([]);
    expect(everything()).toBe(before);
    expect(calls).toContain('service/Activity Log/Record');
    expect(calls).not.toContain('service/Workflow Utilities/Echo');
  });

  it('sends no row id to be changed or deleted that it has not made', async () => {
    const made = new Set<string>();
    const others: string[] = [];
    const watching: Send = async (request) => {
      const { method = 'GET', path, body } = request;
      if (method !== 'GET' && path.startsWith('/data/')) {
        const [addressed] = path.split('/').slice(4).map(decodeURIComponent);
        const ids = [addressed, ...[body].flat().map((item) => (item as { Id?: string } | undefined)?.Id)];
        others.push(...ids.filter((id): id is string => id !== undefined && id !== 'NULL' && !made.has(id)));
      }
      const answer = await standIn.wire.send(request);
      if (method !== 'GET' || /contract-check/.test(search(request)))
        for (const [, id = ''] of answer.text.matchAll(/"Id":"([^"]+)"/g)) made.add(id);
      return answer;
    };
    await run({ write: true, parallel: 1 }, watching);

    expect(made.size).toBeGreaterThan(50);
    expect(others).toEqual([]);
  });

  it('refuses to change or delete what it has not made', async () => {
    const site = siteOf({ send: standIn.wire.send, profile: STAND_IN, journal: journalOf() });
    const id = String(standIn.siebel.records('Account')[0]?.['Id']);

    for (const write of [
      site.write('DELETE', [id]),
      site.write('DELETE', [], [{ Id: id }]),
      site.write('DELETE', []),
      site.write('PUT', [id], { Type: 'Customer' }),
      site.write('PUT', [], [{ Id: id, Type: 'Customer' }]),
    ])
      await expect(write).rejects.toThrow('must stay as it is');
  });

  it('deletes what it has made by PUT and below others though LIKE finds nothing', async () => {
    const before = everything();
    const blind: Send = (request) =>
      / LIKE /.test(search(request)) ? Promise.resolve(NO_DATA) : standIn.wire.send(request);
    const { left } = await run({ write: true, questions: named(...PUT_MADE, 'write.partial') }, blind);

    expect(left).toEqual([]);
    expect(everything()).toBe(before);
  });

  it('names what it has made and cannot find again', async () => {
    const blind: Send = (request) =>
      /contract-check/.test(search(request)) ? Promise.resolve(NO_DATA) : standIn.wire.send(request);
    const { left } = await run({ write: true, questions: named('write.put-answer', 'child.put-answer') }, blind);
    const made = [...standIn.siebel.records('Account'), ...standIn.siebel.records('Contact')].flatMap((record) =>
      [record['Name'], record['Person UId']].filter((name) => name?.startsWith('contract-check')),
    );

    expect(made.length).toBeGreaterThan(3);
    expect(made.filter((name) => !left.some((text) => text.startsWith(`${name} (its write may`)))).toEqual([]);
    await emptied();
  });

  it('deletes nothing of others though Siebel obeys no search', async () => {
    const before = everything();
    const deaf: Send = (request) => {
      const query = (request.query ?? '').replace(/(^|&)searchspec=[^&]*/, '$1ExecutionMode=ForwardOnly');
      return standIn.wire.send({ ...request, query });
    };
    await run({ write: true, questions: named(...PUT_MADE) }, deaf);
    await emptied();

    expect(everything()).toBe(before);
  });

  it('names what it could not delete', async () => {
    const send: Send = (request) =>
      request.method === 'DELETE' ? Promise.resolve(answerOf(403, {}, '')) : standIn.wire.send(request);
    const { left } = await run({ write: true, questions: named('write.partial') }, send);
    const made = standIn.siebel.records('Account').filter(({ Name: name }) => name?.startsWith('contract-check'));

    expect(left.filter((name) => made.some(({ Name: other }) => other === name))).toHaveLength(made.length);
    expect(made.length).toBeGreaterThan(3);
    await emptied();
  });

  it('stops when it is told to, and deletes what it has made', async () => {
    const before = everything();
    const stop = new AbortController();
    const { findings, ended } = await run({
      write: true,
      parallel: 1,
      signal: stop.signal,
      onFinding: ({ question }) => question.id === 'write.post-answer' && stop.abort(),
    });
    const at = findings.findIndex(({ question }) => question.id === 'write.post-answer');

    expect(findings[at]?.verdict).toBe('holds');
    expect(new Set(findings.slice(at + 1).map(({ seen }) => seen))).toEqual(new Set(['stopped']));
    expect(ended).toBe('stopped');
    expect(everything()).toBe(before);
  });

  it('sends nothing more for a question that is being asked when it is stopped', async () => {
    const stop = new AbortController();
    const stopping: Question = {
      id: 'a.b',
      asks: '',
      mark: 'U',
      needs: 'read',
      answers: [{ is: 'x' }],
      async ask(site) {
        stop.abort();
        return String((await site.send({ path: '/heartbeat' })).status);
      },
    };

    expect(resultOf(await run({ questions: [stopping], signal: stop.signal }))).toEqual(['cannot tell: stopped']);
    expect(sent.some(({ path }) => path === '/heartbeat')).toBe(false);
  });

  it('tells what a longer user key takes', async () => {
    const longer = await contractStandIn(domain, { accountKey: 'Name, Location, Primary Organization' });
    const { findings, left } = await runContract({
      send: longer.wire.send,
      profile: STAND_IN,
      questions: named('write.user-key', 'write.put-answer', 'write.key-finds-again'),
      write: true,
      parallel: 1,
    });
    await longer.close();

    expect(findings.map(({ seen }) => seen)).toEqual([
      '200, items is an object with Id and Link as an object',
      'the same record',
      'incomplete: complete with those of "keyMore"',
    ]);
    expect(findings[2]?.answer?.site).toMatch(/^unique\(…\) with the fields of "key" and "keyMore"/);
    expect(left).toEqual([]);
  });
});

describe('a Siebel that falls silent', () => {
  it('ends the run after five requests in a row, with what was seen before', async () => {
    let passed = 0;
    const send: Send = (request) => {
      passed += 1;
      return passed > 60 ? Promise.reject(new NoAnswer('ECONNRESET')) : standIn.wire.send(request);
    };
    const { findings, ended } = await run({}, send);
    const verdicts = new Set(findings.map(({ verdict }) => verdict));

    expect(ended).toBe('stopped: 5 requests in a row got no answer');
    expect(verdicts).toEqual(new Set(['holds', 'cannot tell', 'skipped']));
    expect(findings.at(-1)).toMatchObject({ verdict: 'skipped', seen: ended });
    expect(sent.length).toBeLessThan(75);
  });

  it('does not end it by some requests without an answer between others', async () => {
    let passed = 0;
    const send: Send = (request) => {
      passed += 1;
      return passed > 40 && passed % 4 === 0 ? Promise.reject(new NoAnswer('ECONNRESET')) : standIn.wire.send(request);
    };

    expect((await run({ parallel: 1 }, send)).ended).toBeUndefined();
  });

  it('leaves behind what it has made, by name', async () => {
    let isSilent = false;
    const send: Send = (request) => (isSilent ? Promise.reject(new NoAnswer('ETIMEDOUT')) : standIn.wire.send(request));
    const silence: Parameters<typeof run>[0]['onFinding'] = ({ question }) => {
      isSilent ||= question.id === 'write.put-answer';
    };
    const { left } = await run({ write: true, parallel: 1, onFinding: silence }, send);
    const made = standIn.siebel.records('Account').filter(({ Name: name }) => name?.startsWith('contract-check'));

    expect(made.length).toBeGreaterThan(3);
    expect(made.filter(({ Name: name = '' }) => !left.includes(name))).toEqual([]);
    expect(left.some((text) => /^whatever is called contract-check \w{8} \(it could not be looked/.test(text))).toBe(
      true,
    );
    await emptied();
  });

  it('is not asked anything when it answers not even the first query', async () => {
    const outcome = run({}, () => Promise.reject(new NoAnswer('ECONNREFUSED')));

    await expect(outcome).rejects.toMatchObject({ left: [], cause: expect.any(NoAnswer) });
  });
});

describe('questions of a run', () => {
  it('cannot be answered where the scope of the token does not cover it', async () => {
    const send: Send = (request) =>
      request.path.startsWith('/service') ? Promise.resolve(answerOf(401, {}, '')) : standIn.wire.send(request);
    const { findings } = await run({ questions: named('service.body', 'sort.blanks', 'access.no-token') }, send);

    expect(findings.map(({ verdict }) => verdict).sort()).toEqual(['cannot tell', 'holds', 'holds']);
  });

  it('go on when one of them stumbles', async () => {
    const stumbling: Question = {
      id: 'a.b',
      asks: '',
      mark: 'U',
      needs: 'read',
      answers: [{ is: 'x' }],
      ask: () => Promise.reject(new TypeError('with a value of a record')),
    };
    const { findings } = await run({ questions: [stumbling, ...named('sort.blanks')] });

    expect(findings.map(({ seen }) => seen)).toEqual(['the question itself failed (TypeError)', 'yes']);
  });

  it.each([
    ['the refusal of a gateway', answerOf(403, { 'content-type': 'text/plain' }, 'no'), 'differs: HTTP 403 text/plain'],
    ['a redirect to a login page', answerOf(302, {}, ''), 'differs: HTTP 302 without a body'],
    ['a page', answerOf(200, { 'content-type': 'text/html' }, '<html>'), 'differs: HTTP 200 text/html'],
    ['the no-data answer', NO_DATA, 'differs: it runs as a guest: anonymous REST is on'],
    ['records', answerOf(200, {}, '{"items":[]}'), 'differs: it runs as a guest: anonymous REST is on'],
  ])('take %s without a token for what it is', async (_what, answer, seen) => {
    const send: Send = (request) => (request.token === 'none' ? Promise.resolve(answer) : standIn.wire.send(request));

    expect(resultOf(await run({ questions: named('access.no-token') }, send))).toEqual([seen]);
  });

  it('do not take a missing field or right for a Siebel without batches', async () => {
    const send: Send = (request) =>
      request.method === 'PUT'
        ? Promise.resolve(answerOf(500, {}, '{"ERROR":"x(SBL-EAI-04389)"}'))
        : standIn.wire.send(request);
    const { findings } = await run({ write: true, questions: named('batch.answer', 'child.put-several') }, send);

    expect(findings.map(({ verdict }) => verdict)).toEqual(['cannot tell', 'cannot tell']);
  });

  it('do not take a Siebel that ignores PageSize for one with a smaller limit', async () => {
    const send: Send = (request) =>
      standIn.wire.send({ ...request, query: (request.query ?? '').replace('PageSize', 'Limit') });
    const questions = named('paging.hundred', 'paging.over-the-limit');

    expect(resultOf(await run({ questions }, send))).toEqual([
      'differs: PageSize is ignored',
      'differs: PageSize is ignored',
    ]);
  });

  /** A search as a parser reads it that does not know the escape; the rest of the specification stays. */
  it.each<[string, (specification: string) => string, string]>([
    ['ends the literal at the first quote', (text) => text.replace(/""q"" z"/, '"'), 'no: other records are found'],
    ['joins the parts of the literal', (text) => text.replace(/""q"" z"/, 'q z"'), 'no: other records are found'],
    ['keeps both quotes', (text) => text.replace(/"(c.*)""q"" z"/, `'$1""q"" z'`).replace(/'p'/, ''), 'no: '],
    ['opens it at the quote', (text) => text.replace(/it's"" OR (.*)"$/, `it's" OR $1`).replaceAll('""', '"'), 'no: '],
    ['finds nothing', (text) => text.replace(/= ".*""q"" z"/, '= "x"'), 'no: the record is not found'],
  ])('trust doubled quotes only where nothing else is found, not where Siebel %s', async (_what, read, seen) => {
    const doubling = await contractStandIn(domain, { quoteEscape: 'doubling' });
    const send: Send = (request) => {
      const text = search(request);
      if (!/""/.test(text)) return doubling.wire.send(request);
      const query = (request.query ?? '').replace(/searchspec=[^&]*/, `searchspec=${encodeURIComponent(read(text))}`);
      return doubling.wire.send({ ...request, query });
    };
    const questions = named('search.quote-doubled');
    const options = { profile: STAND_IN, questions, write: true, parallel: 1 };
    const { findings, left } = await runContract({ send, ...options });
    const honest = await runContract({ send: doubling.wire.send, ...options });
    await doubling.close();

    expect(findings[0]?.seen.startsWith(seen)).toBe(true);
    expect(findings[0]?.answer?.site).toBe("site.quoteEscape: 'refuse'");
    expect(honest.findings[0]?.answer?.site).toBe("site.quoteEscape: 'doubling'");
    expect([left, honest.left]).toEqual([[], []]);
  });

  it('find hostile values out where only these open the literal', async () => {
    const doubling = await contractStandIn(domain, { quoteEscape: 'doubling' });
    const send: Send = (request) => {
      const text = search(request);
      if (!/"" OR/.test(text)) return doubling.wire.send(request);
      const opened = text.replace(/^(\[Name\] = ")it's"" OR (\[Name\] = )""(.*)"$/, '$1x" OR $2"$3"');
      const query = (request.query ?? '').replace(/searchspec=[^&]*/, `searchspec=${encodeURIComponent(opened)}`);
      return doubling.wire.send({ ...request, query });
    };
    const { findings } = await runContract({
      send,
      profile: STAND_IN,
      questions: named('search.quote-doubled'),
      write: true,
      parallel: 1,
    });
    await doubling.close();

    expect(findings.map(({ seen }) => seen)).toEqual(['no: hostile values open the literal']);
  });
});

/** Removes what a test has let a run leave behind. */
async function emptied(): Promise<void> {
  for (const [component, key] of [
    ['Account', 'Name'],
    ['Contact', 'Person UId'],
  ] as const) {
    const made = standIn.siebel.records(component).filter((record) => record[key]?.startsWith('contract-check'));
    for (const { Id: id } of made)
      await standIn.wire.send({
        method: 'DELETE',
        path: `/data/${component}/${component}/${encodeURIComponent(id ?? '')}`,
      });
  }
}
