import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { derive, type Integration } from '../../lib/operations/index.ts';
import { type PackagedService, packageService, packageTemplate, type StageOptions } from '../../scripts/package.ts';

const ROOT = join(import.meta.dirname, '../..');

/** Parameters of a stage whose functions run in a VPC. */
export const IN_VPC = ['vpcSubnetIds=subnet-0a1b2c3d,subnet-0b2c3d4e', 'vpcSecurityGroupIds=sg-0c3d4e5f'] as const;

export interface Resource {
  readonly id: string;
  // biome-ignore lint/suspicious/noExplicitAny: properties are as many as there are resource types.
  readonly properties: any;
}

export interface PackagedForTest extends PackagedService {
  readonly serviceDir: string;
  /** All resources of a type. */
  all(type: string): Resource[];
  /** The properties of the one resource with this logical id and type. */
  // biome-ignore lint/suspicious/noExplicitAny: properties are as many as there are resource types.
  one(type: string, id: string): any;
  remove(): void;
}

/**
 * Packages a copy of the service, as `npm run package` does, with the zips that this test run has built: osls always writes
 * to `.serverless` beside `serverless.yml`, so two of them must not work in one folder.
 *
 * @param options.edit Changes `serverless.yml` first.
 * @param options.certificates What is packaged below `certs/`.
 * @param options.checked Refuses what would fail in the account; takes seconds. Default true.
 * @param options.beforeRemoval Looks at the folder of a service that was refused.
 * @param options.integration What the template is derived from. Default: siebel.config.ts.
 */
export async function packagedService({
  edit = (yaml) => yaml,
  integration,
  certificates = {},
  checked = true,
  beforeRemoval = () => {},
  ...options
}: StageOptions & {
  edit?: (yaml: string) => string;
  integration?: Integration;
  certificates?: Readonly<Record<string, Uint8Array>>;
  checked?: boolean;
  beforeRemoval?: (serviceDir: string) => void;
} = {}): Promise<PackagedForTest> {
  const serviceDir = mkdtempSync(join(tmpdir(), 'packaged-'));
  const remove = () => rmSync(serviceDir, { recursive: true, force: true });
  try {
    cpSync(join(ROOT, 'infra'), join(serviceDir, 'infra'), { recursive: true });
    writeFileSync(join(serviceDir, 'serverless.yml'), edit(readFileSync(join(ROOT, 'serverless.yml'), 'utf8')));
    const dist = join(serviceDir, 'dist');
    cpSync(join(ROOT, 'dist'), dist, { recursive: true });
    if (integration) writeFileSync(join(dist, 'integration.json'), JSON.stringify(derive(integration)));
    const packaged = checked
      ? await packageService({ ...options, serviceDir, certificates })
      : await packageTemplate({ ...options, serviceDir });
    return { ...readable(packaged), serviceDir, remove };
  } catch (error) {
    beforeRemoval(serviceDir);
    remove();
    throw error;
  }
}

function readable(packaged: PackagedService): Omit<PackagedForTest, 'serviceDir' | 'remove'> {
  const all = (type: string) =>
    Object.entries(packaged.template.Resources).flatMap(([id, { Type, Properties }]) =>
      Type === type ? [{ id, properties: Properties }] : [],
    );
  return {
    ...packaged,
    all,
    one(type, id) {
      const found = all(type).find((resource) => resource.id === id);
      if (!found) throw new Error(`the template has no ${type} ${id}`);
      return found.properties;
    },
  };
}

/** `{ 'Fn::GetAtt': ['Queue', 'Arn'] }` and `{ Ref: 'Queue' }` → `Queue`. */
export function logicalIdIn(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { Ref, 'Fn::GetAtt': attribute } = value as { Ref?: string; 'Fn::GetAtt'?: readonly string[] };
  return Ref ?? attribute?.[0];
}

/** The text of a string or of an `Fn::Sub`. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return JSON.stringify(value);
}
