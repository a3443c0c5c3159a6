import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { FAULT_MEMBERS } from '../../local-stack/faults/fault.ts';
import { PRESETS } from '../../local-stack/faults/presets.ts';
import { HELP, USAGE } from '../../local-stack/options.ts';
import { RELEASES } from '../../local-stack/siebel/releases.ts';
import { DEFAULT_SETTINGS, type SiebelSettings } from '../../local-stack/siebel/settings.ts';
import { SETTING_CASES } from './siebel-setting-cases.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TESTS = 'test/local-stack';
const documentation = readFileSync(join(ROOT, 'docs/local-stack.md'), 'utf8');

/** Module of the stand-in → the test that shows it: a file, and words of a title in it. */
const SHOWN_BY: Readonly<Record<string, readonly [file: string, title: string]>> = {
  'faults/answer': ['siebel-faults', 'cut the connection before the work, or after it'],
  'faults/distort': ['siebel-distortions', 'a bomb is small on the wire'],
  'faults/fault': ['siebel-faults', 'are refused with 400 and a sentence'],
  'faults/pause': ['siebel-sessions', 'though no longer than the stand-in runs'],
  'faults/presets': ['siebel-distortions', 'is a fault that can be added'],
  'faults/rules': ['siebel-faults', 'strike only what their method and path name'],
  'faults/state-table': ['state-table-faults', 'passes on what no fault strikes'],
  'siebel/access': ['siebel-access', 'answers 401 without a body to'],
  'siebel/address': ['siebel-access', 'refuses the path %s with a page of Tomcat'],
  'siebel/attachments': ['siebel-attachments', 'keeps a file in its own field'],
  'siebel/by-hand': ['siebel-control', 'inserts, changes and deletes records as another user'],
  'siebel/call': ['siebel-settings', 'asks for the scope of each kind of resource'],
  'siebel/children': ['siebel-children', 'shows the rows of a multi-value group'],
  'siebel/commits': ['siebel-commits', 'tells of each commit before its call is answered'],
  'siebel/components': ['siebel-components', 'finds a component by its name'],
  'siebel/components/account': ['siebel-components', 'is sound for %s'],
  'siebel/components/definition': ['siebel-components', 'has fields of every type'],
  'siebel/components/order': ['siebel-query-options', 'reads names with blanks, parentheses and number signs'],
  'siebel/components/service-request': ['siebel-children', 'goes down to grandchildren'],
  'siebel/connection-cap': ['siebel-control', 'let a request above the cap wait'],
  'siebel/control': ['siebel-control', 'says what there is when asked for something else'],
  'siebel/data-address': ['siebel-children', 'knows no child %s of an account'],
  'siebel/data-failures': ['siebel-batches', 'does nothing of a batch with %s'],
  'siebel/dates': ['siebel-dates', 'shows %s in %s as %s'],
  'siebel/describe/answer-describe': ['siebel-describe', 'that is unknown or not enabled fails as a read of it does'],
  'siebel/describe/data-description': ['siebel-describe', 'is OpenAPI 3.0.1 with the operations'],
  'siebel/describe/description': ['siebel-describe', 'names its child components'],
  'siebel/describe/documents': ['siebel-describe', 'is Swagger 2.0 where that was asked for'],
  'siebel/describe/fields': ['siebel-describe', 'tells type, length, scale and read-only fields'],
  'siebel/describe/service-description': ['siebel-describe', 'tells the arguments of a method in both directions'],
  'siebel/format': ['siebel-settings', 'answers a read sent as %s with %i'],
  'siebel/formats/problem': ['siebel-problem', 'take their status from the map of codes'],
  'siebel/formats/xml': ['siebel-xml', 'have the structure of the JSON inside a response'],
  'siebel/formats/xml-names': ['siebel-xml', 'write %s as %s, and read it back'],
  'siebel/formats/xml-parser': ['siebel-xml', 'are refused with %s'],
  'siebel/hierarchy': ['siebel-hierarchy', 'gives children as an object or an array'],
  'siebel/introspection': ['siebel-access', 'introspects the token of every request'],
  'siebel/links': ['siebel-query-options', 'repeat the query of a list in another order'],
  'siebel/live-settings': ['siebel-control', 'puts them back as they were at the start'],
  'siebel/maintenance': ['siebel-settings', 'the page of a stopped application'],
  'siebel/moving': ['siebel-moving', 'loses a record to offsets when one before them is deleted'],
  'siebel/parameters': ['siebel-parameters', 'are known by the name of the site alone'],
  'siebel/payload': ['siebel-values', 'shows, searches and takes values of a list in the language'],
  'siebel/positions': ['siebel-positions', 'other records under each'],
  'siebel/query-options': ['siebel-query-options', 'sorts numbers as numbers'],
  'siebel/read': ['siebel', 'is no data when it does not exist, and just so when the view mode hides it'],
  'siebel/references': ['siebel-references', 'refuses a record that names %s'],
  'siebel/releases': ['siebel-releases', 'has what came with it and not what came later'],
  'siebel/request-log': ['siebel-control', 'shows requests without their tokens'],
  'siebel/request-record': ['siebel-values', 'takes booleans and numbers of JSON'],
  'siebel/resource': ['siebel-query-options', 'knows the main workspace and those of developers'],
  'siebel/responses': ['siebel', 'shows one row as an object, and as an array when uniformresponse is set'],
  'siebel/row-ids': ['siebel', 'is found by a row id that holds a plus'],
  'siebel/rows': ['siebel-children', 'only unties the contacts of an account that is deleted'],
  'siebel/search/condition': ['siebel-children', 'searches, sorts and counts the children of this parent only'],
  'siebel/search/expression': ['siebel-search', 'calls in %s'],
  'siebel/search/operands': ['siebel-search', 'counts in %s'],
  'siebel/search/parser': ['siebel-search', 'binds NOT before AND, and AND before OR'],
  'siebel/search/sql': ['siebel-search', 'of multi-value fields'],
  'siebel/search/sql-functions': ['siebel-search', 'treats wildcards and case as LIKE and ~ say'],
  'siebel/search/tokens': ['siebel-search', 'ends a literal at its quote, whatever stands behind it'],
  'siebel/seed': ['siebel-store', 'number five thousand accounts in less than a second'],
  'siebel/seed/records': ['siebel-store', 'are kept as a write would keep them'],
  'siebel/seed/words': ['siebel-settings', 'is the same for the same seed and another for another'],
  'siebel/services/answer-service': ['siebel-services', 'outside the body are silently ignored'],
  'siebel/services/customer-services': ['siebel-services', 'are told by members of a customer'],
  'siebel/services/definition': ['siebel-services', 'that the method does not know are ignored'],
  'siebel/services/exchange': ['siebel-services', 'can be followed by an answer without a body'],
  'siebel/services/integration-objects': [
    'siebel-services',
    'go through the generic adapter for every base integration object',
  ],
  'siebel/services/message': ['siebel-services', 'keep their wrappers, and need no body'],
  'siebel/services/message-services': ['siebel-services', 'insert or change by user key, any number of times'],
  'siebel/services/services': ['siebel-services', 'of unknown services and methods are 500'],
  'siebel/sessions': ['siebel-sessions', 'are as many for a user as allowed'],
  'siebel/setting-checks': ['options', 'refuse %s with a sentence'],
  'siebel/settings': ['siebel-every-setting', 'changes an answer when it is patched'],
  'siebel/siebel': ['siebel-control', 'and whatever still waits end when the stand-in closes'],
  'siebel/siebel-error': ['siebel-hierarchy', 'refuses %j'],
  'siebel/store': ['siebel-store', 'takes all of a transaction back when it throws'],
  'siebel/tables': ['siebel-store', 'has columns for whose a record is, which no payload shows'],
  'siebel/values': ['siebel-values', 'keeps %s %s as %s'],
  'siebel/workflows/answer-workflow': ['siebel-workflows', 'ignore properties inside a body'],
  'siebel/workflows/definition': ['siebel-workflows', 'give back properties that go both ways'],
  'siebel/workflows/process-manager': ['siebel-workflows', 'run through the service Workflow Process Manager'],
  'siebel/workflows/processes': ['siebel-workflows', 'tell a failed step as 500'],
  'siebel/workflows/run-process': ['siebel-workflows', 'take their properties at the top'],
  'siebel/write': ['siebel-children', 'ties a record that exists by the user key of the other side'],
  'siebel/write-answers': ['siebel-children', 'answers the parent alone, as created, as IP2016 did'],
  'siebel/write-resource': ['siebel-children', 'takes an object whose member is an array'],
  'siebel/writer': ['siebel-writer', 'lets a record appear with a second that has passed'],
};

const modules = ['local-stack/siebel', 'local-stack/faults']
  .flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  )
  .filter((file) => file.endsWith('.ts'))
  .map((file) => relative('local-stack', file).replace(/\.ts$/, ''));

describe('every module of the Siebel stand-in', () => {
  it('has a test that shows it, and the list names no other', () => {
    expect(Object.keys(SHOWN_BY).sort()).toEqual(modules.sort());
  });

  it.each(Object.entries(SHOWN_BY))('%s is used by that test', (module, [file, title]) => {
    const test = `${TESTS}/${file}.test.ts`;

    expect(titlesIn(test).filter((known) => known.includes(title))).not.toEqual([]);
    expect([...reachedFrom(test)]).toContain(`local-stack/${module}.ts`);
  });
});

describe('every setting of the Siebel stand-in', () => {
  it('has a case in which another value changes an answer', () => {
    expect(Object.keys(SETTING_CASES).sort()).toEqual(Object.keys(DEFAULT_SETTINGS).sort());
  });

  it.each(Object.keys(DEFAULT_SETTINGS))('%s stands in the documentation with its default', (name) => {
    const value = DEFAULT_SETTINGS[name as keyof SiebelSettings] ?? null;
    const shown = typeof value === 'object' ? JSON.stringify(value) : String(value);

    expect(documentation).toContain(`\n| \`${name}\` | \`${shown}\``);
  });

  it('is read by the stand-in', () => {
    const sources = modules
      .filter((module) => !['siebel/settings', 'siebel/setting-checks', 'siebel/releases'].includes(module))
      .map((module) => readFileSync(join(ROOT, 'local-stack', `${module}.ts`), 'utf8'))
      .join('\n');
    const unread = Object.keys(DEFAULT_SETTINGS).filter((name) => !new RegExp(`\\b${name}\\b`).test(sources));

    expect(unread).toEqual([]);
  });
});

describe('the documentation of the local stack', () => {
  it.each(HELP.match(/(?<=^ {2})--[a-z-]+/gm) ?? [])('names the start option %s', (option) => {
    expect(documentation).toContain(option);
  });

  it('knows of every option that the help has', () => {
    expect(USAGE.match(/--[a-z-]+ /g)?.length).toBeGreaterThan(6);
  });

  it.each(Object.keys(RELEASES))('names the release %s', (release) => {
    expect(documentation).toMatch(new RegExp(`^\\| \`${release.replace('.', '\\.')}\``, 'm'));
  });

  it.each(Object.keys(FAULT_MEMBERS))('names the member %s of a fault', (member) => {
    expect(documentation).toMatch(new RegExp(`^\\|.*\`${member}[\`:]`, 'm'));
  });

  it.each(Object.keys(PRESETS))('names the fault "%s"', (name) => {
    expect(documentation).toContain(`\`${name}\``);
  });
});

/** Titles of the tests in a file: other texts of it show nothing. */
function titlesIn(file: string): string[] {
  const source = readFileSync(join(ROOT, file), 'utf8');
  return [...source.matchAll(/(?:\b(?:it|describe)|\))\(\s*(['"`])((?:\\.|(?!\1).)*)\1,/gs)].map(
    ([, , text = '']) => text,
  );
}

/** Files that a file imports, and those that these import. */
function reachedFrom(file: string, reached = new Set<string>()): Set<string> {
  if (reached.has(file)) return reached;
  reached.add(file);
  for (const [, specifier = ''] of readFileSync(join(ROOT, file), 'utf8').matchAll(/from '(\.[^']+\.ts)'/g)) {
    reachedFrom(relative(ROOT, resolve(ROOT, dirname(file), specifier)), reached);
  }
  return reached;
}
