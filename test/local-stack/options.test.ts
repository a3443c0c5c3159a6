import { describe, expect, it } from 'vitest';
import { HELP, parseOptions } from '../../local-stack/options.ts';
import { DEFAULT_SETTINGS } from '../../local-stack/siebel/settings.ts';

const siebelOf = (...args: string[]) => {
  const options = parseOptions(args);
  return options !== 'help' && 'siebel' in options ? options.siebel : options;
};

describe('start options', () => {
  it('take settings of Siebel as often as there are', () => {
    const siebel = siebelOf('--siebel', 'release=20.6', '--siebel', 'problemFormat=true', '--siebel', 'batches=false');

    expect(siebel).toMatchObject({ workflows: false, batches: false, problemFormat: true, describe: 'swagger 2.0' });
    expect(siebelOf()).toEqual({});
  });

  it.each([
    ['a text', 'emptyAnswer=404 with full stop', { emptyAnswer: '404 with full stop' }],
    ['a text that looks like a number', 'emptyAnswer=404', { emptyAnswer: '404' }],
    ['a number', 'duplicateStatus=500', { duplicateStatus: 500 }],
    ['a path', 'contextPath=/a/b', { contextPath: '/a/b' }],
    ['a list', 'users=["A","B"]', { users: ['A', 'B'] }],
    ['an object', 'statusMap={"SBL-EAI-04378":404}', { statusMap: { 'SBL-EAI-04378': 404 } }],
    ['an equals sign', 'responseBaseUrl=https://a.example/?b=c', { responseBaseUrl: 'https://a.example/?b=c' }],
    ['nothing moving', 'moving=null', { moving: undefined }],
    ['a page, or none', 'maintenance=503', { maintenance: '503' }],
    ['no page', 'maintenance=false', { maintenance: false }],
  ])('read %s', (_what, assignment, expected) => {
    expect(siebelOf('--siebel', assignment)).toEqual(expected);
  });

  it.each([
    ['colour=red', 'Siebel has no setting "colour"; it has release, contextPath'],
    ['toString=red', 'Siebel has no setting "toString"'],
    ['release=19.1', '"release" must be 16 | 17 | 18.7'],
    ['duplicateStatus=501', '"duplicateStatus" must be 409 | 500'],
    ['pageSizeLimit=101', '"pageSizeLimit" must be a whole number from 1 to 100'],
    ['pageSizeLimit=', '"pageSizeLimit" must be a whole number'],
    ['gzip', '"gzip" is not name=value'],
    ['gzip=yes', '"gzip" must be true or false'],
    ['timeZone=Moon/Base', '"timeZone" must be a zone'],
    ['moving={"everyPages":0,"what":"insert"}', '"moving" must be'],
    ['moving={"everyPages":1,"what":"insert","often":1}', '"moving" must be'],
    ['statusMap={"04378":404}', '"statusMap" must be'],
    ['statusMap={"SBL-EAI-04378":200}', '"statusMap" must be'],
    ['users=A', '"users" must be a JSON array of names'],
    ['positions={"A":1}', '"positions" must be'],
    ['responsibilities={"A":"B"}', '"responsibilities" must be'],
    ['contextPath=siebel', '"contextPath" must be a path'],
    ['responseBaseUrl=here', '"responseBaseUrl" must be a URL'],
  ])('refuse %s with a sentence', (assignment, sentence) => {
    expect(siebelOf('--siebel', assignment)).toEqual({ problem: expect.stringContaining(sentence) });
  });

  it('tell every problem at once', () => {
    expect(siebelOf('--port', 'x', '--siebel', 'a=b')).toEqual({
      problem: expect.stringMatching(/^--port takes .*; --siebel: Siebel has no setting/),
    });
  });

  it('show every setting of Siebel with its default in the help', () => {
    expect(parseOptions(['--help'])).toBe('help');
    for (const name of Object.keys(DEFAULT_SETTINGS)) expect(HELP).toMatch(new RegExp(`^ {2}${name} +.*default`, 'm'));
    expect(HELP).toMatch(/^ {2}release +16 \| 17/m);
  });
});
