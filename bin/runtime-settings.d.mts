export function withRuntimeSettings(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv;
