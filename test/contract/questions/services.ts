import { inWords, isItem, refusal, shapeOf } from '../answers.ts';
import type { CallKind } from '../profile.ts';
import { CannotTell, expects, type Question } from '../question.ts';
import { needed, pathOf, type Site } from '../site.ts';
import type { WireAnswer } from '../wire.ts';

/** Business services, workflow processes and metadata. */
export const SERVICES: readonly Question[] = [
  {
    id: 'service.body',
    asks: 'Do the arguments of a service stand in "body"?',
    mark: 'D',
    needs: 'echo',
    answers: expects('taken from body'),
    async ask(site) {
      const answer = await call(site, { body: site.profile.service.input });
      if (answer.status !== 200) return inWords(answer);
      return echoed(site, answer) ? 'taken from body' : 'not taken';
    },
  },
  {
    id: 'service.without-body',
    asks: 'Are arguments outside "body" silently ignored?',
    mark: 'O',
    needs: 'echo',
    answers: expects('ignored'),
    async ask(site) {
      if (!echoed(site, await call(site, { body: site.profile.service.input })))
        throw new CannotTell('the service does not take them from body either');
      return echoed(site, await call(site, site.profile.service.input)) ? 'taken' : 'ignored';
    },
  },
  {
    id: 'service.request-format',
    asks: 'Are arguments taken without "body" when matchrequestformat=y?',
    mark: 'D',
    needs: 'echo',
    since: '21.6',
    answers: [
      { is: 'taken', standIn: { requestFormat: 'matchrequestformat' } },
      { is: 'taken with legacy=y', standIn: { requestFormat: 'legacy' } },
      { is: 'not taken', standIn: { requestFormat: 'none' } },
    ],
    async ask(site) {
      const { input } = site.profile.service;
      const answer = await call(site, input, { matchrequestformat: 'y' });
      if (echoed(site, answer)) return 'taken';
      if (answer.status !== 200) return inWords(answer);
      return echoed(site, await call(site, input, { legacy: 'y' })) ? 'taken with legacy=y' : 'not taken';
    },
  },
  {
    id: 'service.unknown',
    asks: 'Is an unknown service a failure?',
    mark: 'A',
    needs: 'write',
    answers: expects('refused'),
    async ask(site) {
      const answer = await site.send({
        method: 'POST',
        path: '/service/Contract%20Check%20None/Echo',
        body: { body: {} },
      });
      return answer.status >= 400 || answer.codes.length > 0 ? 'refused' : inWords(answer);
    },
  },
  {
    id: 'service.method-get',
    asks: 'Must a service be called with POST?',
    mark: 'D',
    needs: 'echo',
    answers: expects('GET is refused'),
    async ask(site) {
      const { status } = await site.send({ path: pathOf('service', ...site.profile.service.path.split('/')) });
      return status >= 400 ? 'GET is refused' : `HTTP ${status}`;
    },
  },
  {
    id: 'service.failure-inside-200',
    asks: 'Can a service say no with HTTP 200 and "Error Code"?',
    mark: 'O',
    needs: 'write',
    answers: expects('HTTP 200 with Error Code'),
    ask: async (site) => failureInside(await ownCall(site, 'failing')),
  },
  {
    id: 'service.empty-answer',
    asks: 'Can a service answer 200 with nothing at all?',
    mark: 'D',
    needs: 'write',
    answers: expects('HTTP 200 without a body'),
    ask: async (site) => inWords(await ownCall(site, 'empty')),
  },
  {
    id: 'service.forbidden',
    asks: 'Which code has a service that the user may not call?',
    mark: 'O',
    needs: 'write',
    answers: expects('refused with SBL-DAT-00825, HTTP 403'),
    async ask(site) {
      const answer = await ownCall(site, 'forbidden');
      return `${refusal(answer, 'SBL-DAT-00825')}, HTTP ${answer.status}`;
    },
  },
  {
    id: 'service.duplicate',
    asks: 'Which status has a duplicate that a service makes?',
    mark: 'D',
    needs: 'write',
    answers: [{ is: 'refused with SBL-EAI-04383, HTTP 500' }, { is: 'accepted', standIn: { uniqueKeys: false } }],
    async ask(site) {
      const unique = Object.values(site.freshChild())[0] ?? '';
      await ownCall(site, 'duplicating', unique);
      const second = await ownCall(site, 'duplicating', unique);
      return second.status >= 400 ? `${refusal(second, 'SBL-EAI-04383')}, HTTP ${second.status}` : 'accepted';
    },
  },
  {
    id: 'failure.nested',
    asks: 'Does a failure inside a failure come as blocks parted by "--", the cause last?',
    mark: 'O',
    needs: 'write',
    answers: expects('blocks parted by --, a code in the last'),
    async ask(site) {
      const { text, ...rest } = await ownCall(site, 'nested');
      const blocks = text.split('\\n--\\n');
      if (blocks.length < 2) return inWords({ text, ...rest });
      return /SBL-[A-Z]{3}-\d{5}/.test(blocks.at(-1) ?? '')
        ? 'blocks parted by --, a code in the last'
        : 'blocks parted by --';
    },
  },
  {
    id: 'workflow.address',
    asks: 'Are workflow processes called below /workflow?',
    mark: 'D',
    needs: 'write',
    since: '22.3',
    answers: [{ is: 'called, arguments at top level' }, { is: 'no such address', standIn: { workflows: false } }],
    async ask(site) {
      const answer = await process(site);
      if (answer.status === 404) return 'no such address';
      return answer.status === 200 ? 'called, arguments at top level' : inWords(answer);
    },
  },
  {
    id: 'workflow.answer',
    asks: 'Does the answer of a process hold "Error Code" at top level?',
    mark: 'D',
    needs: 'write',
    since: '22.3',
    answers: expects('at top level'),
    async ask(site) {
      const answer = await process(site);
      if (answer.status === 404) throw new CannotTell('there is no such address: see workflow.address');
      return isItem(answer.json) && 'Error Code' in answer.json ? 'at top level' : inWords(answer);
    },
  },
  {
    id: 'workflow.unknown',
    asks: 'Is an unknown process a failure?',
    mark: 'A',
    needs: 'write',
    answers: expects('refused'),
    async ask(site) {
      const answer = await site.send({ method: 'POST', path: '/workflow/Contract%20Check%20None', body: {} });
      return answer.status >= 400 ? 'refused' : inWords(answer);
    },
  },
  {
    id: 'workflow.forbidden',
    asks: 'Which code has a process that the user may not call?',
    mark: 'O',
    needs: 'write',
    since: '22.3',
    answers: expects('refused with SBL-DAT-00825, HTTP 403'),
    async ask(site) {
      const answer = await ownCall(site, 'forbiddenProcess');
      if (answer.status === 404) throw new CannotTell('there is no such address: see workflow.address');
      return `${refusal(answer, 'SBL-DAT-00825')}, HTTP ${answer.status}`;
    },
  },
  {
    id: 'workflow.failure-inside-200',
    asks: 'Can a process say no with HTTP 200 and "Error Code"?',
    mark: 'O',
    needs: 'write',
    since: '22.3',
    answers: expects('HTTP 200 with Error Code'),
    async ask(site) {
      const answer = await ownCall(site, 'failingProcess');
      if (answer.status === 404) throw new CannotTell('there is no such address: see workflow.address');
      return failureInside(answer);
    },
  },
  {
    id: 'workflow.as-service',
    asks: 'Can a process be called through the service Workflow Process Manager?',
    mark: 'O',
    needs: 'write',
    answers: expects('called'),
    async ask(site) {
      const { name, input } = processOf(site);
      const path = 'service/Workflow Process Manager/RunProcess';
      const answer = await site.call(path, { body: { ProcessName: name, ...input } });
      return answer.status === 200 && answer.json !== undefined ? 'called' : inWords(answer);
    },
  },
  {
    id: 'describe.format',
    asks: 'In which format does "describe" answer?',
    mark: 'D',
    needs: 'read',
    since: '18.7',
    answers: [
      { is: 'OpenAPI 3', standIn: { describe: 'openapi 3.0' } },
      { is: 'Swagger 2.0', standIn: { describe: 'swagger 2.0' } },
      { is: 'none', standIn: { describe: 'none' } },
    ],
    async ask(site) {
      const { json, status } = await describe(site);
      if (status >= 400) return 'none';
      if (!isItem(json)) return 'no JSON object';
      if (/^3\./.test(String(json['openapi']))) return 'OpenAPI 3';
      return json['swagger'] === '2.0' || isItem(json['definitions']) ? 'Swagger 2.0' : 'another format';
    },
  },
  {
    id: 'describe.names',
    asks: 'Are the names of fields in "describe" those of the payload?',
    mark: 'A',
    needs: 'read',
    since: '18.7',
    answers: [
      { is: 'those of the payload', standIn: { describeNames: 'payload' } },
      { is: 'others', standIn: { describeNames: 'swapped' } },
    ],
    async ask(site) {
      const described = propertiesOf(await describe(site));
      if (described.size === 0) throw new CannotTell('there is no description with fields: see describe.format');
      const shown = new Set(site.sample.records.flatMap((item) => Object.keys(item)));
      const strangers = [...described.keys()].filter((name) => !shown.has(name) && !described.get(name)?.isNested);
      return strangers.length === 0 ? 'those of the payload' : 'others';
    },
  },
  {
    id: 'describe.types',
    asks: 'Does "describe" give a DTYPE and a length for fields?',
    mark: 'O',
    needs: 'read',
    since: '18.7',
    answers: expects('type and length'),
    async ask(site) {
      const described = propertiesOf(await describe(site));
      if (described.size === 0) throw new CannotTell('there is no description with fields: see describe.format');
      const [name = ''] = site.profile.key;
      const field = described.get(name);
      if (!field) return 'the key is not described';
      return /^DTYPE_/.test(field.type) && /^\d+$/.test(field.length) ? 'type and length' : `type ${field.type}`;
    },
  },
];

function call(site: Site, body: unknown, parameters: Readonly<Record<string, string>> = {}): Promise<WireAnswer> {
  return site.call(`service/${site.profile.service.path}`, body, parameters);
}

/** Whether the argument that the profile names has come back, at top level or in items. */
function echoed(site: Site, { json }: WireAnswer): boolean {
  const { echoes, input } = site.profile.service;
  const name = needed(echoes, 'the profile names no argument that comes back ("service.echoes")');
  const outputs = isItem(json) ? [json, json['items']].filter(isItem) : [];
  return outputs.some((output) => output[name] === input[name]);
}

/** A call that the profile describes; `{unique}` in its input is filled in. */
function ownCall(site: Site, kind: CallKind, unique = ''): Promise<WireAnswer> {
  const { path, input } = needed(site.profile.calls[kind], `the profile names no such call ("calls.${kind}")`);
  const filledIn: unknown = JSON.parse(JSON.stringify(input).replaceAll('{unique}', unique));
  const body = path.startsWith('service/') ? { body: filledIn } : filledIn;
  return site.call(path, body);
}

function failureInside(answer: WireAnswer): string {
  const { json, status } = answer;
  const code = isItem(json) ? json['Error Code'] : undefined;
  return status === 200 && typeof code === 'string' && code !== '' ? 'HTTP 200 with Error Code' : inWords(answer);
}

function processOf(site: Site) {
  return needed(site.profile.workflow, 'the profile names no process without effects ("workflow")');
}

function process(site: Site): Promise<WireAnswer> {
  const { name, input } = processOf(site);
  return site.call(`workflow/${name}`, input);
}

function describe(site: Site): Promise<WireAnswer> {
  return site.send({ path: `${site.address()}/describe` });
}

/** Fields of the described component, by name; of several schemas that of the record as it is sent. */
function propertiesOf({ json }: WireAnswer): Map<string, { type: string; length: string; isNested: boolean }> {
  const root = isItem(json) ? json : {};
  const components = isItem(root['components']) ? root['components'] : {};
  const schemas = isItem(components['schemas']) ? components['schemas'] : root['definitions'];
  const [, schema] = Object.entries(isItem(schemas) ? schemas : {})
    .filter(([name]) => !name.endsWith('_response'))
    .sort(([a], [b]) => a.length - b.length)[0] ?? ['', {}];
  const properties = isItem(schema) && isItem(schema['properties']) ? schema['properties'] : {};
  return new Map(
    Object.entries(properties).map(([name, property]) => {
      const about = isItem(property) ? property : {};
      const length = String(about['x-maxLength'] ?? about['maxLength'] ?? '');
      const isNested =
        about['type'] === 'array' || about['type'] === 'object' || shapeOf(about['properties']) !== 'absent';
      return [name, { type: String(about['x-siebel-datatype'] ?? 'none'), length, isNested }];
    }),
  );
}
