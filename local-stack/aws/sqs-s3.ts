import { buildApp } from 'fauxqs';
import { LOCAL_ACCOUNT } from './account.ts';

/** SQS and S3 behind one address, by fauxqs: in memory, without conditional writes to S3. */
export interface SqsAndS3StandIn {
  readonly endpoint: string;
  /** Ends waiting receives first, so that nobody has to wait for them. */
  close(): Promise<void>;
}

export async function startSqsAndS3({ port = 0 }: { port?: number } = {}): Promise<SqsAndS3StandIn> {
  const app = buildApp({ logger: false, defaultRegion: LOCAL_ACCOUNT.region });
  const endpoint = await app.listen({ host: '127.0.0.1', port });
  return {
    endpoint,
    async close() {
      await app.close();
    },
  };
}
