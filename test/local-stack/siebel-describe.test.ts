import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { componentMetadata } from '../../lib/siebel/describe.ts';
import type { SiebelOptions } from '../../local-stack/siebel/siebel.ts';
import { type SiebelCaller, siebelCaller } from './siebel-caller.ts';
import { type Domain, type SiebelFixture, startDomain, startSiebelFixture } from './siebel-fixture.ts';

let domain: Domain;
let fixture: SiebelFixture;
let caller: SiebelCaller;

beforeAll(async () => {
  domain = await startDomain();
  fixture = await startSiebelFixture(domain, { records: 20 });
  caller = await siebelCaller(fixture);
});

afterAll(async () => {
  await fixture.close();
  await domain.identity.close();
});

const read = async (path: string) => (await caller.get(`${path}/describe`)).json();

async function withSettings<Result>(settings: Partial<SiebelOptions>, use: (read: SiebelCaller['get']) => Result) {
  const other = await startSiebelFixture(domain, { records: 0, ...settings });
  const otherCaller = await siebelCaller(other);
  try {
    return await use((path) => otherCaller.get(`${path}/describe`));
  } finally {
    await other.close();
  }
}

describe('Siebel stand-in, describe', () => {
  describe('of a component', () => {
    it('is OpenAPI 3.0.1 with the operations of the collection and of a record', async () => {
      const document = await read('/data/Account/Account');

      expect(document).toMatchObject({
        openapi: '3.0.1',
        info: { title: 'SblDtAccountAccount' },
        servers: [{ url: 'https://siebel.example.com/siebel/v1.0' }],
        components: {
          securitySchemes: { basicAuth: { type: 'http', scheme: 'basic' }, 'oAuth2.0': { type: 'oauth2' } },
        },
      });
      const { '/data/Account/Account/': all, '/data/Account/Account/{Account_key}/': one } = document.paths;
      expect([Object.keys(all), Object.keys(one)]).toEqual([
        ['get', 'put', 'post'],
        ['get', 'put', 'delete'],
      ]);
      expect(all.get.parameters).toContainEqual({
        name: 'uniformresponse',
        in: 'query',
        required: true,
        schema: { type: 'string', enum: ['Y'], default: 'Y' },
      });
      expect(all.get.parameters.map(({ name }: { name: string }) => name)).toContain('pagination');
      expect(Object.keys(all.get.responses)).toEqual(['200', '204', '401', '404', '500']);
      expect(Object.keys(one.put.responses)).toContain('304');
      expect(all.put.requestBody.content['application/json'].schema).toEqual({
        $ref: '#/components/schemas/data_Account_Account_',
      });
    });

    it('tells type, length, scale and read-only fields as text', async () => {
      const { properties, required } = (await read('/data/Account/Account')).components.schemas.data_Account_Account_;

      expect(properties.Name).toEqual({
        title: 'Name',
        type: 'string',
        'x-siebel-precision': '0',
        'x-maxLength': '100',
        'x-siebel-scale': '0',
        'x-siebel-datatype': 'DTYPE_TEXT',
      });
      expect(properties.Revenue).toMatchObject({ 'x-siebel-precision': '22', 'x-siebel-scale': '2' });
      expect(properties.Created).toEqual({
        title: 'Created',
        type: 'string',
        'x-siebel-readOnly': 'true',
        'x-maxLength': '0',
        'x-siebel-datatype': 'DTYPE_UTCDATETIME',
      });
      const types = Object.fromEntries(
        Object.entries<Record<string, string>>(properties).map(([name, property]) => [
          name,
          property['x-siebel-datatype'],
        ]),
      );
      expect(types).toMatchObject({
        'Main Phone Number': 'DTYPE_PHONE',
        Staff: 'DTYPE_INTEGER',
        Competitor: 'DTYPE_BOOL',
        Reference: 'DTYPE_TEXT',
        'Customer Since': 'DTYPE_DATE',
        'Opening Time': 'DTYPE_TIME',
        'Last Call': 'DTYPE_DATETIME',
        'Primary Contact Id': 'DTYPE_ID',
      });
      expect(required).toEqual(expect.arrayContaining(['Name', 'Created', 'Updated']));
      expect(required).not.toContain('Location');
    });

    it('names its child components, and describes each below a literal key or a row id', async () => {
      const paths = Object.keys((await read('/data/Account/Account')).paths);
      const child = await read('/data/Account/Account/{key}/Contact');
      const byId = await read('/data/Account/Account/1-6/Contact');
      const grandchild = await read('/data/Account/Account/{key}/Service Request/{key}/Action');

      expect(paths).toContain('/data/Account/Account/{key}/Contact/describe');
      expect(Object.keys(child.paths)[0]).toBe('/data/Account/Account/{key}/Contact/');
      expect(child.components.schemas['data_Account_Account_{key}_Contact_'].properties).toHaveProperty('IsPrimaryMVG');
      expect(byId).toEqual(child);
      expect(await read('/data/Account/Account/1-6')).toEqual(await read('/data/Account/Account'));
      expect(Object.keys(grandchild.paths)[0]).toBe('/data/Account/Account/{key}/Service Request/{key}/Action/');
    });

    it('is Swagger 2.0 where that was asked for, with lengths as numbers', async () => {
      const document = await (await caller.get('/data/Account/Account/describe?openapiversion=2')).json();

      expect(document).toMatchObject({ swagger: '2.0', host: 'siebel.example.com', basePath: '/siebel/v1.0' });
      expect(document.definitions.data_Account_Account_.properties.Location).toEqual({
        title: 'Location',
        maxLength: 50,
        type: 'string',
        'x-siebel-precision': '0',
        'x-siebel-scale': '0',
        'x-siebel-datatype': 'DTYPE_TEXT',
      });
      expect(document.paths['/data/Account/Account/'].put.parameters).toContainEqual({
        name: 'body',
        in: 'body',
        required: true,
        schema: { $ref: '#/definitions/data_Account_Account_' },
      });
    });

    it.each(['openapi 3.0', 'swagger 2.0'] as const)('can be read as %s by the reader of metadata', async (format) => {
      const document = await withSettings({ describe: format }, async (get) =>
        (await get('/data/Account/Account')).json(),
      );
      const metadata = componentMetadata(document);

      expect(metadata).toMatchObject({ path: 'data/Account/Account', format });
      expect(metadata.children).toEqual(['Contact', 'Service Request', 'Account Attachment']);
      const fields = new Map(metadata.fields.map((field) => [field.name, field]));
      expect(fields.get('Location')).toMatchObject({ dataType: 'DTYPE_TEXT', maxLength: 50, required: false });
      expect(fields.get('Updated')).toMatchObject({ dataType: 'DTYPE_UTCDATETIME', readOnly: true, required: true });
    });

    it('has names of the business component in the place of payload names where that is set', async () => {
      const document = await withSettings({ describeNames: 'swapped' }, async (get) =>
        (await get('/data/Account/Account')).json(),
      );
      const names = Object.keys(document.components.schemas.data_Account_Account_.properties);

      expect(names).toContain('Employees');
      expect(names).not.toContain('Staff');
    });

    it('that is unknown or not enabled fails as a read of it does', async () => {
      const statuses = await Promise.all(
        ['/data/Nothing/Nothing', '/data/Account/Nothing', '/data/Quote/Quote', '/data/Nothing'].map(async (path) => {
          const reply = await caller.get(`${path}/describe`);
          expect(reply.body).not.toContain('no data');
          return [reply.status, /SBL-[A-Z]{3}-\d{5}/.exec(reply.body)?.[0]];
        }),
      );

      expect(statuses).toEqual([
        [404, undefined],
        [500, 'SBL-EAI-50257'],
        [500, 'SBL-EAI-50297'],
        [404, undefined],
      ]);
    });
  });

  describe('catalogue', () => {
    it('lists objects, then components of one', async () => {
      const objects = Object.keys((await read('/data')).paths);
      const components = Object.keys((await read('/data/Account')).paths);

      expect(objects).toEqual([
        '/data/Account/describe',
        '/data/Action/describe',
        '/data/Contact/describe',
        '/data/Order Entry (Sales)/describe',
        '/data/Service Request/describe',
      ]);
      expect(components).toEqual(['/data/Account/Account/describe']);
    });

    it('comes in pages, with nothing behind the last one', async () => {
      const page = async (start: number) => {
        const reply = await caller.get(`/data/describe?PageSize=2&StartRowNum=${start}`);
        return reply.status === 200 ? Object.keys(reply.json().paths) : reply.status;
      };

      expect(await page(2)).toEqual(['/data/Contact/describe', '/data/Order Entry (Sales)/describe']);
      expect(await page(4)).toEqual(['/data/Service Request/describe']);
      expect(await page(6)).toBe(404);
    });

    it('lists services, methods of one, and processes', async () => {
      const services = Object.keys((await read('/service')).paths);
      const methods = Object.keys((await read('/service/Siebel Account')).paths);
      const processes = Object.keys((await read('/workflow')).paths);

      expect(services).toContain('/service/Credit Check/describe');
      expect(services).toEqual([...services].sort());
      expect(methods).toEqual([
        '/service/Siebel Account/QueryByExample/describe',
        '/service/Siebel Account/QueryById/describe',
        '/service/Siebel Account/Insert/describe',
        '/service/Siebel Account/InsertOrUpdate/describe',
        '/service/Siebel Account/Delete/describe',
      ]);
      expect(processes).toContain('/workflow/Create Service Request/describe');
    });
  });

  describe('of what can be called', () => {
    it('names the parameter that the release knows, or none', async () => {
      const named = async (requestFormat: string) => {
        fixture.siebel.changeSettings({ requestFormat });
        const { paths } = await read('/service/Credit Check/Check');
        fixture.siebel.changeSettings();
        return paths['/service/Credit Check/Check/'].post.parameters.map(({ name }: { name: string }) => name);
      };

      expect(await named('legacy')).toEqual(['legacy', 'excludeEmptyFieldsInResponse']);
      expect(await named('none')).toEqual(['excludeEmptyFieldsInResponse']);
    });

    it('tells the arguments of a method in both directions', async () => {
      const { paths, components } = await read('/service/Credit Check/Check');

      expect(paths['/service/Credit Check/Check/'].post.parameters[0]).toMatchObject({
        name: 'matchrequestformat',
        required: true,
      });
      expect(components.schemas['service_Credit Check_Check_']).toEqual({
        type: 'object',
        required: ['Account', 'Amount'],
        properties: {
          Account: { title: 'Account', type: 'string', 'x-siebel-datatype': 'String' },
          Amount: { title: 'Amount', type: 'string', 'x-siebel-datatype': 'String' },
        },
      });
      expect(Object.keys(components.schemas['service_Credit Check_Check_response'].properties)).toEqual([
        'Rating',
        'Approved',
        'Check Number',
        'Error Code',
        'Error Message',
      ]);
    });

    it('unfolds the integration object of a message', async () => {
      const { components } = await read('/service/Siebel Account/InsertOrUpdate');
      const { SiebelMessage: message } = components.schemas['service_Siebel Account_InsertOrUpdate_'].properties;
      const list = message.properties['ListOfAccount Interface'].properties.Account;

      expect(message.properties.IntObjectName).toEqual({ type: 'string', example: 'Account Interface' });
      expect([list.type, list.minItems]).toEqual(['array', 1]);
      expect(list.items.properties.Location).toMatchObject({ 'x-siebel-datatype': 'DTYPE_TEXT' });
    });

    it('tells the properties of a process', async () => {
      const { components } = await read('/workflow/Create Service Request');
      const { properties } = components.schemas['workflow_Create Service Request_response'];

      expect(Object.keys(properties)).toEqual([
        'SR Number',
        'Error Code',
        'Error Message',
        'Object Id',
        'Process Instance Id',
        'Siebel Operation Object Id',
      ]);
    });

    it('fails for what does not exist', async () => {
      const paths = [
        '/service/Nothing',
        '/service/Nothing/Run',
        '/service/Credit Check/Guess',
        '/workflow/Nothing',
        '/service/Credit Check/constructor',
      ];
      const replies = await Promise.all(paths.map((path) => caller.get(`${path}/describe`)));

      expect(replies.map(({ status }) => status)).toEqual([500, 500, 500, 500, 500]);
    });
  });

  it('is not there before 18.7, and not for processes before 22.3', async () => {
    const none = await withSettings({ describe: 'none' }, async (get) => (await get('/data/Account/Account')).status);
    const noProcesses = await withSettings({ workflows: false }, async (get) => (await get('/workflow')).status);
    const posted = await caller.post('/data/Account/Account/describe', {});

    expect([none, noProcesses, posted.status]).toEqual([404, 404, 405]);
  });
});
