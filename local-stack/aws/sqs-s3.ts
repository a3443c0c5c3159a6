import { buildApp } from 'fauxqs';
import { LOCAL_ACCOUNT } from './account.ts';

/** SQS and S3 behind one address, by fauxqs: in memory. */
export interface SqsAndS3StandIn {
  readonly endpoint: string;
  /** Ends waiting receives first, so that nobody has to wait for them. */
  close(): Promise<void>;
}

export async function startSqsAndS3({ port = 0 }: { port?: number } = {}): Promise<SqsAndS3StandIn> {
  const app = buildApp({ logger: false, defaultRegion: LOCAL_ACCOUNT.region });
  keepConditions(app);
  const endpoint = await app.listen({ host: '127.0.0.1', port });
  return {
    endpoint,
    async close() {
      await app.close();
    },
  };
}

/**
 * S3's conditional writes, which fauxqs does not know: with `If-None-Match: *` a name that is taken is refused, for an object
 * at once and for an upload when it is completed.
 *
 * @see Amazon S3 user guide, "How to prevent object overwrites with conditional writes"
 */
function keepConditions(app: ReturnType<typeof buildApp>): void {
  app.addHook('preHandler', async ({ method, url, headers }, reply) => {
    if (headers['if-none-match'] !== '*' || (method !== 'PUT' && method !== 'POST')) return;
    // An upload is completed under `?uploadId=`.
    const name = url.replace(/\?.*$/, '');
    const { statusCode } = await app.inject({ method: 'HEAD', url: name, headers: { host: headers.host ?? '' } });
    if (statusCode === 200) return reply.code(412).type('application/xml').send(TAKEN);
  });
}

const TAKEN =
  '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>PreconditionFailed</Code><Message>The name is taken.</Message></Error>';
