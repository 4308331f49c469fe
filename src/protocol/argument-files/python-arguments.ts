// Training arguments out of Python source: a call of TrainingArguments(...) somewhere in a script, its keyword arguments
// alone, or a dict. Called by `read-arguments.ts`.

import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';
import { PythonReader } from './python-reader.ts';

const CALL = /TrainingArguments$/;

interface Expression {
  readonly name: string;
  readonly text: string;
  readonly line: number;
}

/** @throws StudioError E-ARGS naming the line of what is not Python, or all arguments that are not plain values. */
export function readPythonArguments(source: string): Record<string, unknown> {
  const dict = /^\s*(?:#[^\n]*\n\s*)*\{/.test(source) ? readDict(source) : null;
  if (dict) return dict;
  const reader = new PythonReader(source);
  return reader.findCall(CALL) ? readCall(reader, true) : readCall(new PythonReader(source), false);
}

function readDict(source: string): Record<string, unknown> | null {
  const reader = new PythonReader(source);
  const found = reader.value();
  if (!('value' in found)) throw reader.fault(msg`The dict holds something that is not a plain value.`);
  if (!reader.done) throw reader.fault(msg`Something follows the dict.`);
  return found.value as Record<string, unknown>;
}

/** @param closed whether a bracket ends the arguments, or the end of the text. */
function readCall(reader: PythonReader, closed: boolean): Record<string, unknown> {
  const values = new Map<string, unknown>();
  const expressions: Expression[] = [];
  let first = true;
  let comma = false;
  const ended = (): boolean => (closed ? reader.take(')') : reader.done);
  while (!ended()) {
    if (reader.done) throw reader.fault(msg`The bracket of TrainingArguments( is not closed.`);
    if (!first && !comma) throw reader.fault(msg`A comma is missing before this line, or on it.`);
    const { line } = reader;
    const name = reader.takeKeyword() ?? positional(reader, first && closed);
    if (values.has(name)) throw reader.fault(msg`${name} is given twice.`);
    const found = reader.value();
    if ('value' in found) values.set(name, found.value);
    else if (found.expression === '') throw reader.fault(msg`${name} has no value.`);
    else expressions.push({ name, text: found.expression, line });
    first = false;
    comma = reader.take(',');
  }
  if (expressions.length > 0) throw notPlain(expressions);
  return Object.fromEntries(values);
}

/** The first argument may stand without its name: it is output_dir. */
function positional(reader: PythonReader, allowed: boolean): string {
  if (reader.take('*')) throw reader.fault(msg`Arguments given by * or ** can not be read: their values are not here.`);
  if (allowed) return 'output_dir';
  throw reader.fault(msg`An argument without a name can not be read; only output_dir may come first without one.`);
}

function notPlain(expressions: readonly Expression[]): StudioError {
  const all = expressions.map(({ name, text, line }) => msg`${name} = ${shorten(text)} (line ${line})`).join('; ');
  return new StudioError('E-ARGS', msg`Python is read here, not run, and these are no plain values: ${all}.`, {
    where: msg`line ${expressions[0]!.line}`,
    hint: msg`Write the values themselves, or take these arguments out.`,
  });
}

const shorten = (text: string): string => (text.length > 40 ? `${text.slice(0, 39)}…` : text);
