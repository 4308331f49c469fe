// Training arguments out of a command line, as transformers' HfArgumentParser reads it: `--learning_rate 5e-5 --bf16`.
// The program in front of the options may stand there or not. Called by `read-arguments.ts`.

import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';
import type { ArgumentSpec } from '../argument-spec.ts';
import { findArgumentSpec } from '../argument-specs.ts';
import { type ShellWord, splitCommands } from './shell-words.ts';

const OPTION = /^--([A-Za-z][\w-]*)(?:=([\s\S]*))?$/;
const NUMBER = /^[-+]?(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][-+]?\d+)?$/;

/** @throws StudioError E-ARGS naming the option that is at fault. */
export function readCommandLineArguments(source: string): Record<string, unknown> {
  const words = optionsOf(trainingCommand(source));
  const values = new Map<string, unknown>();
  for (let at = 0; at < words.length; ) {
    const [, written = '', joined] = OPTION.exec(words[at]!.text) ?? [];
    const given = joined === undefined ? [] : [{ ...words[at]!, text: joined }];
    at += 1;
    while (at < words.length && !isOption(words[at]!)) given.push(words[at++]!);
    const [name, value] = readOption(written, given);
    values.set(name, value);
  }
  return Object.fromEntries(values);
}

/** The command with options; of several the one that starts a script. */
function trainingCommand(source: string): readonly ShellWord[] {
  const commands = splitCommands(source).filter((words) => words.some(isOption));
  const scripts = commands.filter((words) => words.some(isScript));
  const [command, another] = scripts.length > 0 ? scripts : commands;
  if (command && !another) return command;
  throw new StudioError('E-ARGS', msg`There are several commands with options; it is not clear which one trains.`, {
    hint: msg`Paste the one command alone.`,
  });
}

const isScript = ({ text }: ShellWord): boolean => text.endsWith('.py');
const isOption = ({ text }: ShellWord): boolean => OPTION.test(text);

/** What follows the script: options in front of it are those of its launcher. */
function optionsOf(words: readonly ShellWord[]): readonly ShellWord[] {
  const script = words.findLastIndex((word, i) => isScript(word) && !(i > 0 && isOption(words[i - 1]!)));
  const first = words.findIndex((word, i) => i > script && isOption(word));
  return first < 0 ? [] : words.slice(first);
}

function readOption(written: string, given: readonly ShellWord[]): readonly [string, unknown] {
  const name = written.replaceAll('-', '_');
  const variable = given.find(({ expands }) => expands);
  if (variable)
    throw fault(written, msg`is ${variable.text}, which only a shell can replace`, msg`Write the value itself.`);
  const values = given.map(({ text }) => text);
  const switchedOff = name.startsWith('no_') ? findArgumentSpec(name.slice(3)) : undefined;
  if (switchedOff?.type === 'bool' && values.length === 0) return [switchedOff.name, false];
  const spec = findArgumentSpec(name);
  return [name, spec ? typed(spec, written, values) : guessed(values)];
}

function typed(spec: ArgumentSpec, written: string, values: readonly string[]): unknown {
  switch (spec.type) {
    case 'bool':
      return values.length === 0 ? true : readBool(single(written, values));
    case 'int':
    case 'float':
      return readNumber(single(written, values));
    case 'string':
    case 'enum':
      return single(written, values);
    case 'stringList':
      if (values.length === 0) throw fault(written, msg`has no value`, msg`Give at least one word.`);
      return [...values];
    case 'json':
      return guessed(values);
    default:
      return spec.type satisfies never;
  }
}

function single(written: string, values: readonly string[]): string {
  if (values.length === 1) return values[0]!;
  if (values.length === 0) throw fault(written, msg`has no value`, msg`Write the value behind it.`);
  throw fault(
    written,
    msg`has ${values.length} values (${values.join(' ')})`,
    msg`It takes one; put quotes around spaces.`,
  );
}

/** The words that HfArgumentParser takes; any other stays text, which validation refuses. */
function readBool(text: string): boolean | string {
  if (/^(yes|true|t|y|1)$/i.test(text)) return true;
  return /^(no|false|f|n|0)$/i.test(text) ? false : text;
}

function readNumber(text: string): number | string {
  return NUMBER.test(text) ? Number(text.replaceAll('_', '')) : text;
}

/** A value whose type nobody tells: a JSON object, a switch, a number, text, or several of these. */
function guessed(values: readonly string[]): unknown {
  if (values.length === 0) return true;
  return values.length === 1 ? guess(values[0]!) : values.map(guess);
}

function guess(text: string): unknown {
  if (/^(true|false)$/i.test(text)) return text.toLowerCase() === 'true';
  if (!/^[[{]/.test(text)) return readNumber(text);
  try {
    return JSON.parse(text);
  } catch {
    // A text that begins like JSON.
    return text;
  }
}

function fault(written: string, problem: string, hint: string): StudioError {
  return new StudioError('E-ARGS', `--${written} ${problem}.`, { where: `--${written}`, hint });
}
