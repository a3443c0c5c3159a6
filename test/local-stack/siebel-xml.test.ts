import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromXml, toXml } from '../../local-stack/siebel/formats/xml.ts';
import { elementName, nameOfElement } from '../../local-stack/siebel/formats/xml-names.ts';
import { SiebelError } from '../../local-stack/siebel/siebel-error.ts';
import { type SiebelCaller, siebelCaller } from './siebel-caller.ts';
import { type Domain, type SiebelFixture, startDomain, startSiebelFixture } from './siebel-fixture.ts';

const answer = (body: unknown, status = 200) => ({
  status,
  headers: { 'Content-Type': 'application/json;charset=utf-8', 'Total-Record-Count': '1' },
  body: JSON.stringify(body),
});

const xmlOf = (body: unknown) => String(toXml(answer(body)).body);
const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';

describe('XML names', () => {
  it.each([
    ['Primary Organization Id', 'Primary_spcOrganization_spcId'],
    ['Work Phone #', 'Work_spcPhone_spc_pnd'],
    ['City/State', 'City_slhState'],
    ['A_B', 'A_undB'],
    ['Order (Sales)', 'Order_spc_x0028Sales_x0029'],
    ['_spc', '_undspc'],
  ])('write %s as %s, and read it back', (name, element) => {
    expect(elementName(name)).toBe(element);
    expect(nameOfElement(element)).toBe(name);
  });

  it('keep every name of printable text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (name) => nameOfElement(elementName(name)) === name),
      { numRuns: 10_000 },
    );
  });
});

describe('XML answers', () => {
  it('have the structure of the JSON inside a response', () => {
    expect(xmlOf({ items: { Id: '1-A', 'Main Phone Number': '' }, Link: [{ rel: 'self' }, { rel: 'child' }] })).toBe(
      `${DECLARATION}<response><items><Id>1-A</Id><Main_spcPhone_spcNumber/></items><Link><rel>self</rel></Link><Link><rel>child</rel></Link></response>\n`,
    );
  });

  it('hold text with the signs of XML, and leave out what XML has no place for', () => {
    expect(xmlOf({ ERROR: 'a < b & "c" > d\u0001\r\n' })).toContain('<ERROR>a &lt; b &amp; "c" &gt; d&#13;\n</ERROR>');
  });

  it('keep status and headers but the content type', () => {
    const { status, headers } = toXml(answer({ ERROR: 'x' }, 404));

    expect([status, headers]).toEqual([
      404,
      { 'Content-Type': 'application/xml;charset=utf-8', 'Total-Record-Count': '1' },
    ]);
  });

  it('without a body stay without one', () => {
    expect(toXml({ status: 200 })).toEqual({ status: 200 });
  });

  it('put the rows of a bare array into items', () => {
    expect(xmlOf([{ Id: '1' }, { Id: '2' }])).toContain('<items><Id>1</Id></items><items><Id>2</Id></items>');
  });
});

describe('XML requests', () => {
  it('are members inside a request, or arguments inside a body', () => {
    expect(fromXml('<request><Name>Acme &amp; Co</Name><Location/></request>')).toEqual({
      Name: 'Acme & Co',
      Location: '',
    });
    expect(fromXml('<body><PrimaryRowId>1-A</PrimaryRowId></body>')).toEqual({ body: { PrimaryRowId: '1-A' } });
    expect(fromXml('<request/>')).toEqual({});
    expect(fromXml('\uFEFF<request/>')).toEqual({});
  });

  it('make an array of an element that comes more than once', () => {
    const xml = `<?xml version="1.0" encoding="UTF-8" ?>
      <!-- two contacts -->
      <request a="b">
        <Contact><Last_spcName>A</Last_spcName></Contact>
        <Contact><Last_spcName><![CDATA[<B>]]></Last_spcName></Contact>
      </request>`;

    expect(fromXml(xml)).toEqual({ Contact: [{ 'Last Name': 'A' }, { 'Last Name': '<B>' }] });
  });

  it('know character references', () => {
    expect(fromXml('<request><A>&#x41;&#66;&lt;&apos;</A></request>')).toEqual({ A: "AB<'" });
  });

  it.each([
    ['nothing closed', '<request><Name>'],
    ['closed crosswise', '<request><A></request></A>'],
    ['two roots', '<request/><request/>'],
    ['another root', '<account/>'],
    ['text around', 'x<request/>'],
    ['an unknown entity', '<request><A>&secret;</A></request>'],
    ['an entity that is no own one', '<request><A>&constructor;</A></request>'],
    ['an entity without its end', '<request><A>&lt</A></request>'],
    ['a reference without its end', '<request><A>&#65</A></request>'],
    ['a bare ampersand', '<request><A>a & b</A></request>'],
    ['a document type', '<!DOCTYPE request [<!ENTITY a "b">]><request/>'],
    ['JSON', '{"Name":"x"}'],
    ['a name of its own kind', '<request><1/></request>'],
    ['an open section', '<request><![CDATA[</request>'],
    ['a reference to nothing', '<request><A>&#0;</A></request>'],
    ['depth without end', `<request>${'<a>'.repeat(100)}${'</a>'.repeat(100)}</request>`],
  ])('are refused with %s', (_, xml) => {
    expect(() => fromXml(xml)).toThrow(SiebelError);
  });

  it('never end otherwise than with a value or a refusal', () => {
    const pieces = fc.array(
      fc.constantFrom(
        '<request>',
        '</request>',
        '<a>',
        '</a>',
        '<b/>',
        'x',
        '&lt;',
        '&',
        '<!--',
        '-->',
        '<![CDATA[',
        ']]>',
        ' ',
        '<?',
        '?>',
      ),
    );
    fc.assert(
      fc.property(pieces, (parts) => {
        try {
          fromXml(`<request>${parts.join('')}</request>`);
          return true;
        } catch (error) {
          return error instanceof SiebelError;
        }
      }),
      { numRuns: 10_000 },
    );
  });
});

describe('Siebel stand-in, XML on the wire', () => {
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

  const xml = (method: string, path: string, body?: string) =>
    caller.call(method, path, body, { contentType: 'application/xml' });

  it('is decided by the content type, of reads too', async () => {
    const [known] = fixture.siebel.records('Account');
    const reply = await xml('GET', `/data/Account/Account/${known?.['Id']}?ViewMode=All`);
    const byAccept = await caller.call('GET', `/data/Account/Account/${known?.['Id']}?ViewMode=All`, undefined, {
      headers: { Accept: 'application/xml' },
    });

    expect([reply.status, reply.headers['content-type']]).toEqual([200, 'application/xml;charset=utf-8']);
    expect(reply.body).toContain(`<Account_spcStatus>${known?.['Account Status']}</Account_spcStatus>`);
    expect(byAccept.headers['content-type']).toContain('application/json');
  });

  it('writes a record and calls a service', async () => {
    const written = await xml(
      'POST',
      '/data/Account/Account',
      '<request><Name>From XML</Name><Location>HQ</Location></request>',
    );
    const called = await xml(
      'POST',
      '/service/Credit Check/Check',
      '<?xml version="1.0"?><body><Account>From XML</Account><Amount>5</Amount></body>',
    );
    const run = await xml(
      'POST',
      '/workflow/Create Service Request',
      '<request><Abstract>From XML</Abstract></request>',
    );

    expect([written.status, called.status, run.status]).toEqual([200, 200, 200]);
    expect(fixture.siebel.records('Account', { Name: 'From XML' })).toHaveLength(1);
    expect(called.body).toContain('<Rating>A</Rating><Approved>Y</Approved>');
    expect(run.body).toMatch(/<Process_spcInstance_spcId>1-[^<]+<\/Process_spcInstance_spcId>/);
  });

  it('takes a message inside the arguments of a service', async () => {
    const message = (list: string) =>
      `<body><SiebelMessage><IntObjectName>Account Interface</IntObjectName>${list}</SiebelMessage></body>`;
    const list = (records: string) => `<ListOfAccount_spcInterface>${records}</ListOfAccount_spcInterface>`;
    const account = '<Account><Name>By message</Name><Location/><ListOfContact/></Account>';
    const inserted = await xml('POST', '/service/Siebel Account/Insert', message(list(account)));
    const empty = await xml('POST', '/service/Siebel Account/Insert', message('<ListOfAccount_spcInterface/>'));
    const missing = await xml('POST', '/service/Siebel Account/Insert', message(''));
    const other = await xml('POST', '/service/Siebel Account/Insert', message(list('<Lead><Name>x</Name></Lead>')));
    const two = await xml(
      'POST',
      '/service/Siebel Account/Insert',
      message(list('<Account><Name>Beside</Name></Account><Lead/>')),
    );

    expect([inserted.status, inserted.body]).toEqual([
      200,
      expect.stringMatching(/<response><items><Id>1-[^<]+<\/Id><\/items><\/response>/),
    ]);
    expect(fixture.siebel.records('Account', { Name: 'By message' })).toHaveLength(1);
    expect([empty, missing, other, two].map(({ status }) => status)).toEqual([500, 500, 500, 500]);
  });

  it('tells errors inside the response, of a body that is no XML too', async () => {
    const refused = await xml('POST', '/data/Account/Account', '{"Name":"x"}');
    const empty = await xml('GET', '/data/Account/Account?searchspec=[Name]="Nobody At All"');

    expect([refused.status, refused.body]).toEqual([500, expect.stringContaining('<response><ERROR>')]);
    expect([empty.status, empty.body]).toEqual([404, expect.stringContaining('There is no data')]);
  });

  it('is refused before 17', async () => {
    const older = await startSiebelFixture(domain, { records: 0, xml: false });
    const olderCaller = await siebelCaller(older);
    const reply = await olderCaller.call('GET', '/data/Account/Account', undefined, { contentType: 'text/xml' });
    await older.close();

    expect(reply.status).toBe(415);
  });
});
