import { randomUUID } from 'node:crypto';
import { arnOf } from './account.ts';

/** An answer of Secrets Manager that says no, with the name of its exception class. */
export class SecretsManagerError extends Error {
  override readonly name = 'SecretsManagerError';
  readonly type: string;
  readonly status: number;

  constructor(type: string, message: string, status = 400) {
    super(message);
    this.type = type;
    this.status = status;
  }
}

interface Version {
  readonly id: string;
  readonly secretString: string;
  readonly stages: Set<string>;
  readonly createdAtMs: number;
}

interface Secret {
  readonly name: string;
  readonly arn: string;
  readonly createdAtMs: number;
  readonly versions: Map<string, Version>;
}

type Input = Readonly<Record<string, unknown>>;
type Output = Readonly<Record<string, unknown>>;

const CURRENT = 'AWSCURRENT';
const PREVIOUS = 'AWSPREVIOUS';

/** Secrets with versions and staging labels: each label lies on one version at a time. */
export interface SecretStore {
  readonly operations: Readonly<Record<string, (input: Input) => Output>>;
}

export function secretStore(): SecretStore {
  const secrets = new Map<string, Secret>();

  function find(input: Input): Secret {
    const id = text(input, 'SecretId');
    const found = secrets.get(id) ?? [...secrets.values()].find(({ arn }) => arn === id || arn.slice(0, -7) === id);
    if (!found) {
      throw new SecretsManagerError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
    }
    return found;
  }

  return {
    operations: {
      CreateSecret(input) {
        const name = text(input, 'Name');
        if (secrets.has(name)) {
          throw new SecretsManagerError('ResourceExistsException', `The secret ${name} already exists.`);
        }
        const arn = arnOf('secretsmanager', `secret:${name}-${randomUUID().slice(0, 6)}`);
        const secret: Secret = { name, arn, createdAtMs: Date.now(), versions: new Map() };
        const version = addVersion(secret, input, [CURRENT]);
        secrets.set(name, secret);
        return { ARN: arn, Name: name, VersionId: version.id };
      },

      GetSecretValue(input) {
        const secret = find(input);
        const { id, secretString, stages, createdAtMs } = findVersion(secret, input);
        return {
          ARN: secret.arn,
          Name: secret.name,
          VersionId: id,
          SecretString: secretString,
          VersionStages: [...stages],
          CreatedDate: createdAtMs / 1_000,
        };
      },

      PutSecretValue(input) {
        const secret = find(input);
        const stages = input['VersionStages'];
        const version = addVersion(secret, input, Array.isArray(stages) ? stages.map(String) : [CURRENT]);
        return { ARN: secret.arn, Name: secret.name, VersionId: version.id, VersionStages: [...version.stages] };
      },

      DescribeSecret(input) {
        const { arn, name, createdAtMs, versions } = find(input);
        const labelled = [...versions.values()].filter(({ stages }) => stages.size > 0);
        return {
          ARN: arn,
          Name: name,
          CreatedDate: createdAtMs / 1_000,
          VersionIdsToStages: Object.fromEntries(labelled.map(({ id, stages }) => [id, [...stages]])),
        };
      },

      UpdateSecretVersionStage(input) {
        const secret = find(input);
        const stage = text(input, 'VersionStage');
        const holder = holderOf(secret, stage);
        if (holder && input['RemoveFromVersionId'] !== holder.id) {
          throw invalid(
            `The staging label ${stage} is attached to version ${holder.id}: name it in RemoveFromVersionId.`,
          );
        }
        const target = input['MoveToVersionId'];
        if (target === undefined) holder?.stages.delete(stage);
        else attach(secret, stage, versionById(secret, String(target)));
        return { ARN: secret.arn, Name: secret.name };
      },
    },
  };
}

function addVersion(secret: Secret, input: Input, stages: readonly string[]): Version {
  if (typeof input['SecretString'] !== 'string')
    throw invalid('You must provide SecretString; binary is not kept here.');
  const secretString = input['SecretString'];
  const token = input['ClientRequestToken'];
  const id = typeof token === 'string' ? token : randomUUID();

  const existing = secret.versions.get(id);
  if (existing) {
    if (existing.secretString === secretString) return existing;
    throw new SecretsManagerError('ResourceExistsException', `Version ${id} already exists with another value.`);
  }
  const version: Version = { id, secretString, stages: new Set(), createdAtMs: Date.now() };
  secret.versions.set(id, version);
  for (const stage of stages) attach(secret, stage, version);
  return version;
}

function attach(secret: Secret, stage: string, version: Version): void {
  const holder = holderOf(secret, stage);
  if (holder === version) return;
  holder?.stages.delete(stage);
  version.stages.add(stage);
  // Whoever loses AWSCURRENT becomes the previous version, without being asked.
  if (stage === CURRENT && holder) attach(secret, PREVIOUS, holder);
}

function holderOf({ versions }: Secret, stage: string): Version | undefined {
  return [...versions.values()].find(({ stages }) => stages.has(stage));
}

function findVersion(secret: Secret, input: Input): Version {
  const { VersionId: id, VersionStage: stage } = input;
  if (id !== undefined) {
    const version = versionById(secret, String(id));
    if (stage !== undefined && !version.stages.has(String(stage))) throw noSuchVersion(`stage ${stage} of ${id}`);
    return version;
  }
  const label = stage === undefined ? CURRENT : String(stage);
  const version = holderOf(secret, label);
  if (!version) throw noSuchVersion(`staging label: ${label}`);
  return version;
}

function versionById({ versions }: Secret, id: string): Version {
  const version = versions.get(id);
  if (!version) throw noSuchVersion(`VersionId: ${id}`);
  return version;
}

function noSuchVersion(what: string): SecretsManagerError {
  return new SecretsManagerError(
    'ResourceNotFoundException',
    `Secrets Manager can't find the specified secret value for ${what}`,
  );
}

function text(input: Input, name: string): string {
  const value = input[name];
  if (typeof value !== 'string' || value === '') throw invalid(`You must provide a value for ${name}.`);
  return value;
}

function invalid(message: string): SecretsManagerError {
  return new SecretsManagerError('InvalidParameterException', message);
}
