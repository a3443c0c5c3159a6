import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { gunzipSync } from 'node:zlib';

/** What lies in the bucket, as a reader of it sees it. */
export interface Audit {
  readonly manifests: number;
  /** Objects that a manifest names. */
  readonly objects: number;
  readonly lines: number;
  /** Different Ids in them. */
  readonly distinct: number;
}

export interface Bucket {
  readonly server: Server;
  /** Of one object, from the last byte of its request to the answer. */
  putMs: number;
  /** Requests that write content and are under way. */
  writing(): number;
  audit(): Audit;
  empty(): void;
}

const MANIFEST = /-manifest\.json$/;

/**
 * The part of S3 that a sync needs: objects, several parts too, never over one that is there when `If-None-Match` says so.
 *
 * @param onWriting Told when an object, or a part of one, begins to be written.
 */
export function bucket(onWriting: () => void): Bucket {
  const objects = new Map<string, Buffer>();
  const uploads = new Map<string, Map<number, Buffer>>();
  let writing = 0;
  let made = 0;

  const answer = (response: ServerResponse, status: number, body = '', headers: Record<string, string> = {}) => {
    response.writeHead(status, { 'Content-Type': 'application/xml', ETag: '"0"', ...headers });
    response.end(body);
  };
  const store = (key: string, body: Buffer, request: IncomingMessage, response: ServerResponse, xml = '') => {
    if (request.headers['if-none-match'] === '*' && objects.has(key)) {
      answer(response, 412, '<Error><Code>PreconditionFailed</Code></Error>');
      return;
    }
    objects.set(key, body);
    answer(response, 200, xml);
  };

  const write = async (request: IncomingMessage, response: ServerResponse, url: URL) => {
    const body = await bodyOf(request);
    const key = url.pathname;
    const upload = url.searchParams.get('uploadId');
    if (request.method === 'POST' && url.searchParams.has('uploads')) {
      made += 1;
      uploads.set(String(made), new Map());
      const names = `<Bucket>bench</Bucket><Key>${key}</Key><UploadId>${made}</UploadId>`;
      answer(response, 200, `<InitiateMultipartUploadResult>${names}</InitiateMultipartUploadResult>`);
    } else if (upload !== null && request.method === 'POST') {
      const parts = [...(uploads.get(upload) ?? [])].sort(([one], [other]) => one - other).map(([, part]) => part);
      const xml = '<CompleteMultipartUploadResult><ETag>"0"</ETag></CompleteMultipartUploadResult>';
      store(key, Buffer.concat(parts), request, response, xml);
      uploads.delete(upload);
    } else if (upload !== null) {
      uploads.get(upload)?.set(Number(url.searchParams.get('partNumber')), body);
      answer(response, 200);
    } else {
      store(key, body, request, response);
    }
  };

  const own: Bucket = {
    putMs: 0,
    writing: () => writing,
    server: createServer({ keepAliveTimeout: 60_000 }, async (request, response) => {
      const url = new URL(request.url ?? '/', 'http://bucket');
      if (request.method === 'DELETE') return answer(response, 204);
      if (request.method === 'GET') {
        const object = objects.get(url.pathname);
        response.writeHead(object ? 200 : 404, { 'Content-Type': 'application/octet-stream', ETag: '"0"' });
        response.end(object ?? '<Error><Code>NoSuchKey</Code></Error>');
        return;
      }
      const counts = request.method === 'PUT' && !MANIFEST.test(url.pathname);
      if (counts) {
        onWriting();
        writing += 1;
      }
      if (own.putMs > 0 && counts) await new Promise((resolve) => setTimeout(resolve, own.putMs));
      await write(request, response, url);
      if (counts) writing -= 1;
    }),
    audit() {
      const manifests = [...objects].filter(([key]) => MANIFEST.test(key));
      const names = manifests.flatMap(([, body]) =>
        (JSON.parse(body.toString()) as { objects: { name: string }[] }).objects.map(({ name }) => name),
      );
      const ids = new Set<string>();
      let lines = 0;
      for (const name of names) {
        const [, object] = [...objects].find(([key]) => key.endsWith(`/${name}`)) ?? [];
        if (!object) throw new Error(`a manifest names ${name}, and it is not there`);
        for (const line of gunzipSync(object).toString().trimEnd().split('\n')) {
          lines += 1;
          ids.add((JSON.parse(line) as { Id: string }).Id);
        }
      }
      return { manifests: manifests.length, objects: names.length, lines, distinct: ids.size };
    },
    empty() {
      objects.clear();
      uploads.clear();
    },
  };
  return own;
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  return request.headers['content-encoding'] === 'aws-chunked' ? unchunked(body) : body;
}

/** Content that the SDK has framed with its checksum behind it: `<hex length>\r\n<bytes>\r\n … 0\r\n<trailer>`. */
function unchunked(body: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; ; ) {
    const end = body.indexOf('\r\n', at);
    const length = Number.parseInt(body.subarray(at, end).toString(), 16);
    if (!(length > 0)) return Buffer.concat(parts);
    parts.push(body.subarray(end + 2, end + 2 + length));
    at = end + 2 + length + 2;
  }
}
