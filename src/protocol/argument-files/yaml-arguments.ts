// Training arguments out of YAML. The parser is loaded when it is needed. Called by `read-arguments.ts`.

import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';
import type { ArgumentSpec } from '../argument-spec.ts';
import { findArgumentSpec } from '../argument-specs.ts';

/** @throws StudioError E-ARGS with the line that is at fault. */
export async function readYamlArguments(text: string): Promise<Record<string, unknown>> {
  const { parse } = await import('yaml');
  let parsed: unknown;
  try {
    parsed = parse(text, { logLevel: 'error' });
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message.split('\n')[0]?.replace(/:$/, '.') : String(cause);
    throw new StudioError('E-ARGS', msg`This is not YAML: ${problem}`, {
      hint: msg`Correct the line that is named, or write the arguments as JSON.`,
      cause,
    });
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw new StudioError(
      'E-ARGS',
      msg`This is YAML, but not a list of names with values such as learning_rate: 5e-5.`,
    );
  return Object.fromEntries(
    Object.entries(parsed).map(([name, value]) => [name, asMeant(findArgumentSpec(name), value)]),
  );
}

/**
 * YAML 1.2 has fewer words for yes and no, and fewer ways to write a number, than the YAML 1.1 of Python; and there an
 * unquoted `no` is false even where a word is wanted. The type of the field tells what was meant.
 */
function asMeant(spec: ArgumentSpec | undefined, value: unknown): unknown {
  if (typeof value !== 'string' || !spec) return value;
  if (spec.type === 'bool' && /^(?:yes|on|true)$/i.test(value)) return true;
  if (spec.type === 'bool' && /^(?:no|off|false)$/i.test(value)) return false;
  const isNumber = spec.type === 'int' || spec.type === 'float';
  return isNumber && /^[-+]?\d[\d_]*(?:\.\d+)?(?:e[-+]?\d+)?$/i.test(value) ? Number(value.replaceAll('_', '')) : value;
}
