import { describe, expect, it } from 'vitest';
import { COMPONENTS, findChild, findComponent } from '../../local-stack/siebel/components.ts';

describe('Siebel stand-in, component model', () => {
  it.each(COMPONENTS.map((component) => [component.name, component] as const))(
    'is sound for %s',
    (_name, component) => {
      const names = component.fields.map(({ name }) => name);
      const wireNames = component.fields.map(({ wireName }) => wireName);

      expect(new Set(names).size).toBe(names.length);
      expect(new Set(wireNames).size).toBe(wireNames.length);
      expect(names).toEqual(
        expect.arrayContaining([component.defaultSort, ...component.userKeys.flat(), 'Id', 'Updated']),
      );
      for (const name of Object.keys(component.children)) {
        const child = findChild(component, name);
        const { by, through } = child?.link ?? {};
        expect(by === undefined).toBe(through !== undefined);
        if (by !== undefined) expect(child?.component.fields.map((field) => field.name)).toContain(by);
        if (through) expect(names).toContain(through.primary);
      }
      for (const { child, field } of component.multiValueFields)
        expect(findChild(component, child)?.component.fields.map(({ name }) => name)).toContain(field);
    },
  );

  it('has fields of every type, and names with blanks, parentheses and number signs', () => {
    const types = new Set(COMPONENTS.flatMap(({ fields }) => fields.map(({ type }) => type)));

    expect([...types].sort()).toEqual(
      [
        'attachment',
        'date',
        'dateTime',
        'decimal',
        'flag',
        'id',
        'integer',
        'phone',
        'text',
        'time',
        'utcDateTime',
      ].sort(),
    );
    expect(findComponent('Order Entry (Sales)', 'Order Entry - Orders')?.fields.map(({ name }) => name)).toContain(
      'Revision #',
    );
  });

  it.each([
    ['Account', ['Name'], []],
    ['Contact', ['Person UId', 'First Name', 'Last Name'], ['Account Id']],
    ['Service Request', ['Abstract'], ['Account Id']],
    ['Action', ['Type'], []],
    ['Account Attachment', ['AccntFileName'], ['AccntFileSize', 'AccntFileDate']],
    ['Order Entry - Orders', [], ['Account Id']],
    ['Order Entry - Line Items', ['Line Number', 'Product'], []],
  ])('demands of %s what is required, and keeps what is read-only', (name, required, readOnly) => {
    const component = findComponent(name);
    const named = (is: 'required' | 'readOnly') => component?.fields.filter((field) => field[is]).map((f) => f.name);

    expect(named('required')).toEqual(required);
    expect(named('readOnly')).toEqual(['Id', ...readOnly, 'Created', 'Created By Name', 'Updated', 'Updated By Name']);
    expect(component?.unique).toBe(true);
    expect(component?.hasVisibility).toBe(!['Account Attachment', 'Order Entry - Line Items'].includes(name));
  });

  it('finds a component by its name, by object and name, and attachments by the object that is made for them', () => {
    expect(findComponent('Action')?.businessObject).toBe('Action');
    expect(findComponent('Account', 'Contact')).toBeUndefined();
    expect(findComponent('AttachmentDocIO', 'Account')?.name).toBe('Account');
    expect(findComponent('AttachmentDocIO', 'Contact')).toBeUndefined();
    expect(findChild(findComponent('Account') as never, '__proto__')).toBeUndefined();
  });
});
