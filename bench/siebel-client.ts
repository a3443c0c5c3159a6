import type { Bench, Result } from './result.ts';
import { ownCertificate } from './support/certificate.ts';
import { asked, progress, started } from './support/processes.ts';
import type { RecordServerOptions } from './support/siebel-record.ts';
import type { SideCost, SideJob } from './support/siebel-side.ts';
import { median, quantile, round2, shuffled } from './support/statistics.ts';

/** Most CPU of a call, as a multiple of `undici.request` (W2). */
const MOST_CPU = 1.3;
const CALLS = 5_000;

/** The client against the same requests without it: on one machine, over TLS, each side a process of its own. */
export const siebelClientBench: Bench = {
  name: 'siebel',
  measures: 'what lib/siebel costs beside undici.request: CPU of a call (W2)',
  async run({ rounds }) {
    const tls = await ownCertificate();
    const server = started('siebel-record.ts');
    try {
      const options: RecordServerOptions = { tls };
      const origin = `https://127.0.0.1:${await asked<number>(server, options)}`;
      const ratios: number[] = [];
      for (let round = 0; round < rounds; round += 1) {
        const cpu = { client: 0, raw: 0 };
        for (const side of shuffled(['client', 'raw'] as const)) {
          cpu[side] = (await cost({ side, origin, ca: tls.cert, calls: CALLS })).cpuMs;
        }
        ratios.push(cpu.client / cpu.raw);
        progress(`CPU of a call, round ${round + 1} of ${rounds}: ${round2(cpu.client / cpu.raw)}`);
      }
      return [result(ratios)];
    } finally {
      server.kill();
    }
  },
};

async function cost(job: SideJob): Promise<SideCost> {
  const worker = started('siebel-side.ts');
  try {
    return await asked<SideCost>(worker, job);
  } finally {
    worker.kill();
  }
}

function result(ratios: readonly number[]): Result {
  const value = round2(median(ratios));
  const quartiles = [round2(quantile(ratios, 0.25)), round2(quantile(ratios, 0.75))] as const;
  const what = `CPU of a read, over ${CALLS.toLocaleString('en')} reads`;
  return { id: 'W2', what, base: '× undici.request', value, quartiles, target: MOST_CPU, met: value <= MOST_CPU };
}
