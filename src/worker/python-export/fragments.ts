// The parts of train.py: Python files, of which a run takes those that it needs. Their imports go to the top.

import { formOf } from '#protocol/task-roles.ts';
import answerMetrics from './fragments/answer-metrics.py?raw';
import answersTrainer from './fragments/answers-trainer.py?raw';
import blocks from './fragments/blocks.py?raw';
import chatsByTurns from './fragments/chats-by-turns.py?raw';
import chatsMarked from './fragments/chats-marked.py?raw';
import encodeWritten from './fragments/encode-written.py?raw';
import entityMetrics from './fragments/entity-metrics.py?raw';
import hideTokens from './fragments/hide-tokens.py?raw';
import hideWords from './fragments/hide-words.py?raw';
import holdOut from './fragments/hold-out.py?raw';
import labelAverages from './fragments/label-averages.py?raw';
import languageTrainer from './fragments/language-trainer.py?raw';
import maskBlocks from './fragments/mask-blocks.py?raw';
import maskLines from './fragments/mask-lines.py?raw';
import maskTrainer from './fragments/mask-trainer.py?raw';
import metricsLabel from './fragments/metrics-label.py?raw';
import metricsLabels from './fragments/metrics-labels.py?raw';
import metricsNumber from './fragments/metrics-number.py?raw';
import packing from './fragments/packing.py?raw';
import padText from './fragments/pad-text.py?raw';
import prompts from './fragments/prompts.py?raw';
import questionAnswering from './fragments/question-answering.py?raw';
import readRows from './fragments/read-rows.py?raw';
import runTrainer from './fragments/run-trainer.py?raw';
import spacedWords from './fragments/spaced-words.py?raw';
import targetLabel from './fragments/target-label.py?raw';
import targetLabels from './fragments/target-labels.py?raw';
import targetNumber from './fragments/target-number.py?raw';
import textBlocks from './fragments/text-blocks.py?raw';
import textClassification from './fragments/text-classification.py?raw';
import textRows from './fragments/text-rows.py?raw';
import tokenClassification from './fragments/token-classification.py?raw';
import words from './fragments/words.py?raw';
import type { PythonRun } from './python-run.ts';

/** Source of the parts, in the order in which they stand in train.py. */
export function fragmentsOf(run: PythonRun): string[] {
  return [readRows, ...tasks(run), ...(run.heldOut ? [holdOut] : []), runTrainer, ...trainers(run)];
}

function tasks({ task, problemType, roles, options, isDocument, hasValidation, tokenizer }: PythonRun): string[] {
  switch (task) {
    case 'text-classification':
      return [textClassification, ...classification(problemType, hasValidation)];
    case 'token-classification':
      return [
        tokenizer.wordsBeginWithSpace ? spacedWords : words,
        tokenClassification,
        ...(hasValidation ? [entityMetrics] : []),
      ];
    case 'question-answering':
      return [questionAnswering, ...(hasValidation ? [answerMetrics] : [])];
    case 'fill-mask':
      return [...(isDocument ? [maskBlocks, blocks] : [maskLines]), options.wholeWordMask ? hideWords : hideTokens];
    case 'text-generation': {
      const form = formOf(task, roles)?.[0]?.role;
      if (form === 'text') return [textBlocks, blocks, padText];
      const written = form === 'prompt' ? [prompts, encodeWritten] : chats(tokenizer.marksAssistant);
      return [...written, options.packing ? packing : textRows, padText];
    }
    default:
      return task satisfies never;
  }
}

const chats = (marksAssistant: boolean): string[] => (marksAssistant ? [chatsMarked] : [chatsByTurns, encodeWritten]);

function classification(problemType: PythonRun['problemType'], hasValidation: boolean): string[] {
  switch (problemType) {
    case 'single_label_classification':
      return hasValidation ? [targetLabel, metricsLabel, labelAverages] : [targetLabel];
    case 'multi_label_classification':
      return hasValidation ? [targetLabels, metricsLabels, labelAverages] : [targetLabels];
    case 'regression':
      return hasValidation ? [targetNumber, metricsNumber] : [targetNumber];
    default:
      return problemType satisfies never;
  }
}

function trainers({ task, validationNames }: PythonRun): string[] {
  if (task === 'fill-mask') return [languageTrainer, maskTrainer];
  if (task === 'question-answering' && validationNames.length > 0) return [answersTrainer];
  return task === 'text-generation' ? [languageTrainer] : [];
}

const IMPORT = /^(?:import (?<module>\S+)(?<alias> as \w+)?|from (?<from>\S+) import (?<names>.+))$/;
const STANDARD = new Set(['argparse', 'collections', 'itertools', 'json', 'math', 'pathlib', 're', 'string']);

/** One file of several: imports merged at the top, those of Python itself first; then the bodies. */
export function joinPython(parts: readonly string[]): string {
  const whole = new Set<string>();
  const named = new Map<string, Set<string>>();
  const bodies = parts.map((part) => {
    const lines = part.split('\n');
    return lines.filter((line, i) => !collectImport(line, whole, named) && !isHeading(lines, i)).join('\n');
  });
  const imports = [...whole, ...[...named].map(([from, names]) => importLine(from, [...names]))];
  const isStandard = (line: string): boolean => STANDARD.has(line.split(/[ .]/)[1]!);
  const block = (lines: string[]): string => lines.sort(byForm).join('\n');
  const head = [block(imports.filter(isStandard)), block(imports.filter((line) => !isStandard(line)))];
  const trimmed = bodies.map((body) => body.trim()).filter((body) => body !== '');
  return `${[head.filter((each) => each !== '').join('\n\n'), ...trimmed].join('\n\n\n')}\n`;
}

/** `import x` before `from x import y`, each by name. */
const byForm = (a: string, b: string): number =>
  Number(a.startsWith('from')) - Number(b.startsWith('from')) || (a < b ? -1 : 1);

function collectImport(line: string, whole: Set<string>, named: Map<string, Set<string>>): boolean {
  const found = IMPORT.exec(line)?.groups;
  if (!found) return false;
  if (found['module']) whole.add(line);
  else {
    const names = named.get(found['from']!) ?? new Set();
    named.set(found['from']!, names);
    for (const name of found['names']!.split(', ')) names.add(name);
  }
  return true;
}

/** The comment at the top of a part says what it is among the others. */
const isHeading = (lines: readonly string[], index: number): boolean =>
  lines.slice(0, index + 1).every((line) => line.startsWith('#'));

const WIDTH = 119;

function importLine(from: string, names: string[]): string {
  const sorted = names.sort();
  const line = `from ${from} import ${sorted.join(', ')}`;
  return line.length <= WIDTH ? line : `from ${from} import (\n${sorted.map((name) => `    ${name},\n`).join('')})`;
}
