import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { componentMetadata } from '../../lib/siebel/describe.ts';
import { type Domain, startDomain } from '../local-stack/siebel-fixture.ts';
import { type ContractStandIn, contractStandIn } from './stand-in.ts';

describe('describe documents of the stand-in', () => {
  let domain: Domain;
  let standIn: ContractStandIn;
  beforeAll(async () => {
    domain = await startDomain();
    standIn = await contractStandIn(domain);
  });
  afterAll(() => Promise.all([standIn.close(), domain.identity.close()]));

  it.each([
    ['openapi 3.0', ''],
    ['swagger 2.0', 'openapiversion=2'],
  ])('are read as %s, with the names of the payload and the children', async (format, query) => {
    const { json } = await standIn.wire.send({ path: '/data/Account/Account/describe', query });
    const metadata = componentMetadata(json);
    const [record = {}] = standIn.siebel.records('Account');

    expect(metadata).toMatchObject({ path: 'data/Account/Account', format });
    expect([...metadata.fields.map(({ name }) => name), 'Id'].sort()).toEqual(Object.keys(record).sort());
    expect(metadata.children).toEqual(['Contact', 'Service Request', 'Account Attachment']);
    expect(metadata.fields.find(({ name }) => name === 'Name')).toEqual({
      name: 'Name',
      dataType: 'DTYPE_TEXT',
      suggestion: { type: 'text', maxLength: 100 },
      maxLength: 100,
      required: true,
      readOnly: false,
    });
    expect(metadata.fields.find(({ name }) => name === 'Updated')).toMatchObject({
      suggestion: { type: 'utcDateTime' },
      readOnly: true,
    });
  });

  it('are read for a child below a key', async () => {
    const { json } = await standIn.wire.send({ path: '/data/Account/Account/%7Bkey%7D/Contact/describe' });

    expect(componentMetadata(json)).toMatchObject({ path: 'data/Account/Account/{key}/Contact' });
  });
});
