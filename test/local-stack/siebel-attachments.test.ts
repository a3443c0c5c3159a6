import { beforeEach, describe, expect, it } from 'vitest';
import { type DataResources, dataResources } from './siebel-data.ts';

const CONTENT = Buffer.from('%PDF-1.7 not really').toString('base64');
const FILE = { AccntFileName: 'Offer', AccntFileExt: 'pdf', 'Accnt Attachment Id': CONTENT };

describe('Siebel stand-in, attachments', () => {
  let siebel: DataResources;
  let path: string;

  beforeEach(() => {
    siebel = dataResources({ records: 2 });
    path = `Account/Account/${siebel.records('Account')[1]?.['Id']}/Account Attachment`;
  });

  it('keeps a file in its own field, with its size and time', () => {
    siebel.send('PUT', path, FILE);

    expect(siebel.records('Account Attachment').at(-1)).toMatchObject({
      ...FILE,
      AccntFileSize: '19',
      AccntFileDate: expect.stringMatching(/^\d\d\/\d\d\/\d{4} /),
    });
  });

  it('gives an address, or the file when asked for it in the right case', () => {
    const { Id } = siebel.send('PUT', path, FILE).json.items['Account Attachment'];
    const read = (members = {}) => siebel.get(`${path}/${Id}`, members).json['Accnt Attachment Id'];

    expect(read()).toMatch(
      /^https:\/\/siebel\.example\.com\/.*\/Account Attachment\/1-\w+(\+\d)?\/Accnt Attachment Id$/,
    );
    expect(read({ inlineattachment: 'True' })).toMatch(/^https/);
    expect(read({ inlineattachment: 'true' })).toBe(CONTENT);
  });

  it('gives no files where that is switched off', () => {
    const off = dataResources({ records: 1, attachmentsInline: false });
    const at = `Account/Account/${off.records('Account')[0]?.['Id']}/Account Attachment`;

    expect(off.get(at, { inlineattachment: 'true' }).json.items['Accnt Attachment Id']).toMatch(/^https/);
  });

  it('keeps an address that is written in the place of a file, and gives it back', () => {
    const address = 'https://files.example.com/offer.pdf';
    const { Id } = siebel.send('PUT', path, { ...FILE, 'Accnt Attachment Id': address }).json.items[
      'Account Attachment'
    ];
    const record = siebel.get(`${path}/${Id}`, { inlineattachment: 'true' }).json;

    expect([record['Accnt Attachment Id'], record.AccntFileSize]).toEqual([address, '']);
    expect(siebel.get(`${path}/${Id}`).json['Accnt Attachment Id']).toBe(address);
  });

  it('replaces the file of the same name and extension below the same parent', () => {
    const first = siebel.send('PUT', path, FILE).json.items['Account Attachment'].Id;
    const second = siebel.send('PUT', path, { ...FILE, 'Accnt Attachment Id': 'AAAA' }).json.items['Account Attachment']
      .Id;

    expect(second).toBe(first);
    expect(siebel.records('Account Attachment').at(-1)?.['AccntFileSize']).toBe('3');
  });

  it.each(['not base64!', 'AAA', 'AAAA=', 'ftp://x'])('refuses %s as a file', (content) => {
    expect(siebel.send('PUT', path, { ...FILE, 'Accnt Attachment Id': content }).status).toBe(500);
  });

  it('has no size or time of the caller', () => {
    expect(siebel.send('PUT', path, { ...FILE, AccntFileSize: '1' }).codes).toEqual(['SBL-DAT-00510']);
  });

  it('is reached by the object for attachments too, but not as a root of its account', () => {
    const id = siebel.records('Account Attachment')[0]?.['Id'];
    const accountId = siebel.records('Account')[0]?.['Id'];

    expect(siebel.get(`AttachmentDocIO/Account Attachment/${id}`).json.Id).toBe(id);
    expect(siebel.get(`AttachmentDocIO/Account/${accountId}/Account Attachment`).json.items.Id).toBe(id);
    expect(siebel.get(`Account/Account Attachment/${id}`).codes).toEqual(['SBL-EAI-50257']);
    expect(siebel.get('AttachmentDocIO/Contact').codes).toEqual(['SBL-EAI-50257']);
  });
});
