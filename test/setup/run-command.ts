// Runs a program with text on its standard input.

import { spawn } from 'node:child_process';

/** @returns its standard output. @throws with its standard error when it fails. */
export function runCommand(command: string, args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env: { ...process.env, HF_HUB_OFFLINE: '1' } });
    let [output, errors] = ['', ''];
    child.stdout.on('data', (piece) => (output += piece));
    child.stderr.on('data', (piece) => (errors += piece));
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve(output) : reject(new Error(errors))));
    child.stdin.end(input);
  });
}

/** The last line of a Python script's output, as JSON. */
export async function runPython(script: string, input: unknown): Promise<unknown> {
  const printed = await runCommand('python3', ['-P', script], JSON.stringify(input));
  return JSON.parse(printed.trim().split('\n').at(-1)!);
}
