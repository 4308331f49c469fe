// Text generation: plain texts in blocks, prompts with completions, or chats. Only what the model is to write counts.

import { type Cell, type CellObject, isCellList, isCellObject, type Table, whereOf } from '#formats/table.ts';
import { formOf, type Role } from '#protocol/task-roles.ts';
import type { ChatMessage, ChatPart } from '#tokenizers/chat-template.ts';
import { IGNORE_INDEX } from '#util/ignore-index.ts';
import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';
import type { Example } from '../dataset.ts';
import type { WorkOptions } from '../work.ts';
import { blocksOf } from './blocks.ts';
import { columnOf, textColumn } from './columns.ts';
import { readTexts } from './fill-mask.ts';
import { pack } from './packing.ts';
import type { RowReader } from './row-reader.ts';
import {
  type EncodedRow,
  partsOf,
  type RowTask,
  rolesIn,
  surveyFiles,
  surveyWarnings,
  type TaskSource,
} from './row-task.ts';
import { tableWarnings } from './split-rows.ts';

/** Text of which parts are to be learned: in order, what is given, and what is to be written. */
interface TextRow {
  readonly parts: readonly ChatPart[];
  /** As the columns have it. */
  readonly record: CellObject;
}

/**
 * Examples hold `input_ids` Int32Array, `attention_mask` Uint8Array and `labels` Int32Array, -100 for tokens that are
 * given. With packing the mask numbers the examples of a row from 1, and `position_ids` count within each.
 * @throws StudioError E-DATA-COLUMN or E-DATA-FORMAT naming the row.
 */
export async function textGeneration(source: TaskSource, work: WorkOptions): Promise<RowTask<TextRow>> {
  const form = formOf('text-generation', source.roles)?.[0]?.role ?? 'text';
  return form === 'text' ? plainText(source, work) : written(source, form, work);
}

const COMMON = {
  task: 'text-generation',
  problemType: 'single_label_classification',
  labels: [],
  countLabels: () => [],
  recordOf: ({ record }: TextRow) => record,
} as const;

async function plainText(source: TaskSource, work: WorkOptions): Promise<RowTask<TextRow>> {
  const { tokenizer, maxLength, roles } = source;
  const texts = await readTexts(source, work, source.train.format === 'txt');
  const { parts, splitsExamples, warnings } = texts;
  const rowOf = (content: string): TextRow => ({
    parts: [{ text: content, counts: true }],
    record: { [roles.text!]: content },
  });
  return {
    ...COMMON,
    ...parts,
    warnings,
    reader: (table) => {
      const { read, textColumn: column } = texts.reader(table);
      return {
        read: (cells, number) => rowOf(read(cells, number)),
        inputs: (row) => [textOf(row)],
        textColumn: column,
      };
    },
    encode: (row) => {
      const { input_ids: ids } = tokenizer.encode(textOf(row), null, { maxLength: null });
      return { examples: [everyToken(ids)], length: ids.length, truncated: 0, targets: null };
    },
    head: (row, characters) => ({ ...row, parts: [{ text: textOf(row).slice(0, characters), counts: true }] }),
    describe: (row) => ({ text: textOf(row), textPair: null, label: msg`blocks of ${maxLength} tokens` }),
    join: (examples, fileName) => blocksOf(examples, maxLength, fileName),
    splitsExamples,
  };
}

const everyToken = (ids: readonly number[]): Example => ({
  input_ids: Int32Array.from(ids),
  attention_mask: new Uint8Array(ids.length).fill(1),
  labels: Int32Array.from(ids),
});

async function written(source: TaskSource, form: Role, work: WorkOptions): Promise<RowTask<TextRow>> {
  const { options, maxLength, tokenizer } = source;
  const reader = (table: Table): RowReader<TextRow> => (form === 'messages' ? chats : prompts)(table, source);
  const begin = (table: Table) => ({ reader: reader(table), notes: () => null });
  const template = form === 'messages' ? [...tokenizer.savedFiles.keys()].join() : '';
  const files = await surveyFiles(source, `${form} ${template}`, begin, work);
  const warnings = [...tableWarnings(source), ...surveyWarnings(files)];
  const parts = partsOf(files, source, null, warnings);
  return {
    ...COMMON,
    ...parts,
    warnings,
    reader,
    encode: (row) => encodeWritten(row, source),
    describe: (row) => ({ text: textOf(row), textPair: null, label: msg`what is marked` }),
    ...(options.packing ? { join: (examples) => pack(examples, maxLength) } : {}),
  };
}

const textOf = ({ parts }: TextRow): string => parts.map((part) => part.text).join('');

/** The completion ends with the token that ends a text, so that the model learns to stop. */
function prompts(table: Table, source: TaskSource): RowReader<TextRow> {
  const roles = rolesIn(source, table);
  const prompt = textColumn(table, roles, 'prompt');
  const completion = textColumn(table, roles, 'completion');
  const end = source.tokenizer.eosToken ?? '';
  return {
    read: (cells, number) => {
      const [given, answer] = [prompt(cells, number), completion(cells, number)];
      return {
        record: { [source.roles.prompt!]: given, [source.roles.completion!]: answer },
        parts: [
          { text: given, counts: false },
          { text: end !== '' && answer.endsWith(end) ? answer : answer + end, counts: true },
        ],
      };
    },
    inputs: ({ parts }) => parts.map((part) => part.text),
    textColumn: null,
  };
}

/** What the assistant says counts, with what the template puts at the end of it. */
function chats(table: Table, source: TaskSource): RowReader<TextRow> {
  const cell = columnOf(table, rolesIn(source, table), 'messages');
  return {
    read: (cells, number) => {
      const where = whereOf(table, number);
      const messages = messagesIn(cell(cells), where);
      return {
        parts: source.tokenizer.chatParts(messages, where),
        record: { [source.roles.messages!]: messages as unknown as Cell },
      };
    },
    inputs: ({ parts }) => parts.map((part) => part.text),
    textColumn: null,
  };
}

function messagesIn(cell: Cell, where: string): ChatMessage[] {
  const given = isCellList(cell) ? cell : [];
  const messages = given.flatMap((message) =>
    isCellObject(message) && typeof message['role'] === 'string' && typeof message['content'] === 'string'
      ? [{ ...message, role: message['role'], content: message['content'] }]
      : [],
  );
  if (messages.length > 0 && messages.length === given.length) return messages;
  throw new StudioError('E-DATA-FORMAT', msg`${where}: a chat has to be a list of {"role": …, "content": …}.`, {
    where,
    hint: msg`Each message has a role (system, user, assistant) and its text.`,
    safe: msg`Your file was only read, not changed.`,
  });
}

function encodeWritten({ parts }: TextRow, { tokenizer, maxLength, roles }: TaskSource): EncodedRow {
  // A chat's template writes the special tokens itself.
  const { ids, counts } = tokenizer.encodeParts(parts, roles.messages === undefined);
  const kept = Math.min(ids.length, maxLength);
  const example = {
    input_ids: Int32Array.from(ids.slice(0, kept)),
    attention_mask: new Uint8Array(kept).fill(1),
    labels: Int32Array.from({ length: kept }, (_, i) => (counts[i] ? ids[i]! : IGNORE_INDEX)),
  };
  return {
    examples: [example],
    length: ids.length,
    truncated: ids.length - kept,
    cutIds: ids.slice(kept),
    targets: Array.from(example.labels, (label) => (label === IGNORE_INDEX ? null : 'counts')),
  };
}
