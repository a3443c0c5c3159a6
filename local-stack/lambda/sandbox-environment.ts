import { LOCAL_ACCOUNT } from '../aws/account.ts';

/** What a sandbox is made from; the same for all sandboxes of a function. */
export interface SandboxPlan {
  readonly functionName: string;
  /** Folder with the unpacked zip. */
  readonly taskRoot: string;
  /** `index.handler`: file and export. */
  readonly handler: string;
  /** The function's own variables. */
  readonly environment: Readonly<Record<string, string>>;
  readonly memoryMb: number;
  /** The Node binary. */
  readonly node: string;
}

/** Variables that Lambda sets itself, and refuses in a function's own settings. */
const RESERVED = new Set([
  '_HANDLER',
  '_X_AMZN_TRACE_ID',
  'AWS_DEFAULT_REGION',
  'AWS_REGION',
  'AWS_EXECUTION_ENV',
  'AWS_LAMBDA_FUNCTION_NAME',
  'AWS_LAMBDA_FUNCTION_MEMORY_SIZE',
  'AWS_LAMBDA_FUNCTION_VERSION',
  'AWS_LAMBDA_INITIALIZATION_TYPE',
  'AWS_LAMBDA_LOG_GROUP_NAME',
  'AWS_LAMBDA_LOG_STREAM_NAME',
  'AWS_ACCESS_KEY',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_LAMBDA_RUNTIME_API',
  'LAMBDA_TASK_ROOT',
  'LAMBDA_RUNTIME_DIR',
]);

/** @throws When a variable is one that Lambda keeps for itself. */
export function refuseReserved(environment: Readonly<Record<string, string>>): void {
  const reserved = Object.keys(environment).filter((name) => RESERVED.has(name));
  if (reserved.length > 0) throw new Error(`Lambda sets these variables itself: ${reserved.join(', ')}`);
}

/**
 * The whole environment of a sandbox: nothing of the machine's own gets in.
 *
 * Left out: LD_LIBRARY_PATH and NODE_PATH, which name folders that only Lambda's image has.
 *
 * @see AWS Lambda developer guide, "Defined runtime environment variables"
 */
export function sandboxEnvironment(
  plan: SandboxPlan,
  { runtimeApi, logStream }: { runtimeApi: string; logStream: string },
) {
  return {
    ...plan.environment,
    _HANDLER: plan.handler,
    AWS_DEFAULT_REGION: LOCAL_ACCOUNT.region,
    AWS_REGION: LOCAL_ACCOUNT.region,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: plan.functionName,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(plan.memoryMb),
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${plan.functionName}`,
    AWS_LAMBDA_LOG_STREAM_NAME: logStream,
    AWS_ACCESS_KEY_ID: LOCAL_ACCOUNT.accessKeyId,
    AWS_SECRET_ACCESS_KEY: LOCAL_ACCOUNT.secretAccessKey,
    AWS_SESSION_TOKEN: 'local-session',
    AWS_LAMBDA_RUNTIME_API: runtimeApi,
    AWS_XRAY_CONTEXT_MISSING: 'LOG_ERROR',
    AWS_XRAY_DAEMON_ADDRESS: '169.254.79.129:2000',
    LAMBDA_TASK_ROOT: plan.taskRoot,
    LAMBDA_RUNTIME_DIR: '/var/runtime',
    LANG: 'en_US.UTF-8',
    PATH: '/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin',
    TZ: plan.environment['TZ'] ?? ':UTC',
    ...windowsEssentials(),
  };
}

/** Flags that the managed runtime gives Node: the heap follows the memory of the function. */
export function runtimeFlags(memoryMb: number): string[] {
  return [
    '--expose-gc',
    `--max-semi-space-size=${Math.max(1, Math.floor(memoryMb * 0.05))}`,
    `--max-old-space-size=${Math.floor(memoryMb * 0.9)}`,
  ];
}

/** Without these, no process opens a socket on Windows. */
function windowsEssentials(): Record<string, string> {
  const names = process.platform === 'win32' ? ['SYSTEMROOT', 'TEMP', 'TMP'] : [];
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}
