import { describe, expect, it } from 'vitest';
import {
  businessComponent,
  child,
  flag,
  optional,
  readOnly,
  text,
  unique,
  utcDateTime,
} from '../../../lib/operations/index.ts';

const fields = {
  Name: text(10),
  Flag: flag(),
  Opt: optional(utcDateTime()),
  Note: optional(text(5)),
  Updated: readOnly(utcDateTime()),
};
const component = businessComponent('Account/Account', { viewMode: 'All', fields });

describe('businessComponent', () => {
  it.each([
    ['Account', /name is not of the form/],
    ['Account/Account/Account', /name is not of the form/],
    ['/', /name is not of the form/],
    ['Account/..', /name is not of the form/],
    ['Account/%2e', /name is not of the form/],
  ])('refuses the name %j', (name, message) => {
    expect(() => businessComponent(name, { viewMode: 'All', fields })).toThrow(message);
  });

  it.each([
    [{ 'a]b': text(1) }, /"a\]b" has a name that no field can have/],
    [{ 'a,b': text(1) }, /has a name/],
    [{ Id: text(30) }, /Id has a meaning of its own/],
    [{ limit: text(30) }, /limit has a meaning/],
    [{ Updated: utcDateTime() }, /Updated is set by Siebel: declare it with readOnly/],
  ])('refuses fields that could not work', (bad, message) => {
    expect(() => businessComponent('A/A', { viewMode: 'All', fields: bad })).toThrow(message);
  });

  it('refuses a user key that not every upsert would send whole', () => {
    const withKey = (key: string) =>
      businessComponent('A/A', { viewMode: 'All', fields, userKey: unique(key) as never });
    expect(() => withKey('Nam')).toThrow(/Nam, which is not a declared field/);
    expect(() => withKey('Opt')).toThrow(/may not be optional or read-only/);
    expect(() => withKey('Updated')).toThrow(/may not be optional or read-only/);
    expect(() => withKey('constructor')).toThrow(/not a declared field/);
  });

  it.each([
    [['Name'], /the user key is not made by unique/],
    [{ unique: true, fields: [] }, /the user key is not made by unique/],
    [{ fields: ['Name'] }, /the user key is not made by unique/],
  ])('refuses %j in the place of a user key, compiled or not', (userKey, message) => {
    const declare: (name: string, definition: never) => unknown = businessComponent;
    expect(() => declare('A/A', { viewMode: 'All', fields, userKey } as never)).toThrow(message);
  });

  // A config file may be run without a compiler: what has no key would be created again at each repetition.
  it('offers upserts only with a user key, compiled or not', () => {
    const B = child({ fields });
    const keyless = businessComponent('A/A', { viewMode: 'All', fields, children: { B } });
    const keyed = businessComponent('A/A', { viewMode: 'All', fields, userKey: unique('Name') });
    for (const operation of ['upsert', 'upsertMany']) {
      expect(keyless).not.toHaveProperty(operation);
      expect(keyless.children.B).not.toHaveProperty(operation);
      expect(keyed).toHaveProperty(operation);
    }
  });

  it('refuses a component without a view mode, compiled or not', () => {
    expect(() => businessComponent('A/A', { fields } as never)).toThrow(/no viewMode is given/);
  });

  it('names everything that is wrong at once', () => {
    expect(() => businessComponent('A', { viewMode: 'All', fields: { Id: text(1), Updated: utcDateTime() } })).toThrow(
      expect.objectContaining({
        code: 'CONFIGURATION',
        message: expect.stringMatching(/form.*Id has.*Updated is set/s),
      }),
    );
  });

  it('refuses a filter that is not a declared field', () => {
    expect(() => component.query({ filters: ['constructor' as 'Name'] })).toThrow(
      /filter constructor is not a declared field/,
    );
  });

  it('tells the JSON types of inputs, for parameters of a URL', () => {
    expect(Object.fromEntries(component.query({ filters: ['Name', 'Flag'] }).inputMembers)).toEqual({
      Name: { type: 'string' },
      Flag: { type: 'boolean' },
      limit: { type: 'number' },
    });
    expect([...component.update().inputMembers.keys()]).toEqual(['Id', 'Name', 'Flag', 'Opt', 'Note']);
  });
});

describe('decode', () => {
  const wire = {
    Id: '1-1',
    Name: 'Acme',
    Flag: 'Y',
    Opt: '03/14/2025 09:26:53',
    Note: 'n',
    Updated: '03/14/2025 09:26:53',
  };

  it('gives declared types', () => {
    expect(component.source.decode(wire)).toEqual({
      record: {
        Id: '1-1',
        Name: 'Acme',
        Flag: true,
        Opt: '2025-03-14T09:26:53Z',
        Note: 'n',
        Updated: '2025-03-14T09:26:53Z',
      },
    });
  });

  it('takes a text that is absent for empty, and leaves other unset values out', () => {
    const { Note: _note, Name: _name, Opt: _opt, ...rest } = wire;
    expect(component.source.decode(rest)).toEqual({
      record: { Id: '1-1', Name: '', Flag: true, Note: '', Updated: '2025-03-14T09:26:53Z' },
    });
  });

  it('names every field that is not as declared, and no value', () => {
    const decoded = component.source.decode({ ...wire, Id: '', Flag: 'canary', Updated: '' });
    expect(decoded).toEqual({
      issues: [
        { pointer: '/Id', code: 'BAD_TYPE', message: 'Id is missing' },
        { pointer: '/Flag', code: 'BAD_TYPE', message: 'Flag is not a flag (Y or N)' },
        { pointer: '/Updated', code: 'BAD_TYPE', message: 'Updated is not set' },
      ],
    });
  });
});
