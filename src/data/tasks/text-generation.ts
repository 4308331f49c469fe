// Text generation: plain texts in blocks, prompts with completions, or chats. Only what the model is to write counts.

import { type Cell, type CellObject, isCellList, isCellObject, type Table } from '#formats/table.ts';
import { formOf, type Role } from '#protocol/task-roles.ts';
import type { ChatMessage, ChatPart } from '#tokenizers/chat-template.ts';
import { IGNORE_INDEX } from '#util/ignore-index.ts';
import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';
import type { Example } from '../dataset.ts';
import { blocksOf } from './blocks.ts';
import { columnOf, textColumn } from './columns.ts';
import { readTexts } from './fill-mask.ts';
import { pack } from './packing.ts';
import type { EncodedRow, RowTask, TaskSource } from './row-task.ts';
import { partRows, tableWarnings } from './split-rows.ts';

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
export function textGeneration(source: TaskSource): RowTask<TextRow> {
  const form = formOf('text-generation', source.roles)?.[0]?.role ?? 'text';
  return form === 'text' ? plainText(source) : written(source, form);
}

const COMMON = {
  task: 'text-generation',
  problemType: 'single_label_classification',
  labels: [],
  countLabels: () => [],
  recordOf: ({ record }: TextRow) => record,
} as const;

function plainText(source: TaskSource): RowTask<TextRow> {
  const { train: table, validation, tokenizer, maxLength, roles } = source;
  const warnings = tableWarnings(source);
  const read = (from: Table): TextRow[] =>
    readTexts(from, source, warnings).map((text) => ({
      parts: [{ text, counts: true }],
      record: { [roles.text!]: text },
    }));
  // A document is one row: of it, blocks are held out.
  const splitsExamples = table.format === 'txt' && validation === null;
  const rows = read(table);
  const parts = splitsExamples ? { train: rows, validation: [] } : partRows(rows, source, read, warnings);
  return {
    ...COMMON,
    ...parts,
    warnings,
    encode: (row) => {
      const { input_ids: ids } = tokenizer.encode(textOf(row), null, { maxLength: null });
      return { examples: [everyToken(ids)], length: ids.length, truncated: 0, targets: null };
    },
    sizeOf: (row) => textOf(row).length,
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

function written(source: TaskSource, form: Role): RowTask<TextRow> {
  const { train, options, maxLength } = source;
  const warnings = tableWarnings(source);
  const read = form === 'messages' ? readChats : readPrompts;
  const parts = partRows(read(train, source), source, (table) => read(table, source), warnings);
  return {
    ...COMMON,
    ...parts,
    warnings,
    encode: (row) => encodeWritten(row, source),
    sizeOf: (row) => textOf(row).length,
    describe: (row) => ({ text: textOf(row), textPair: null, label: msg`what is marked` }),
    ...(options.packing ? { join: (examples) => pack(examples, maxLength) } : {}),
  };
}

const textOf = ({ parts }: TextRow): string => parts.map(({ text }) => text).join('');

/** The completion ends with the token that ends a text, so that the model learns to stop. */
function readPrompts(table: Table, { roles, tokenizer }: TaskSource): TextRow[] {
  const prompt = textColumn(table, roles, 'prompt');
  const completion = textColumn(table, roles, 'completion');
  const end = tokenizer.eosToken ?? '';
  return table.rows.map((_, r) => {
    const [given, text] = [prompt(r), completion(r)];
    return {
      record: { [roles.prompt!]: given, [roles.completion!]: text },
      parts: [
        { text: given, counts: false },
        { text: end !== '' && text.endsWith(end) ? text : text + end, counts: true },
      ],
    };
  });
}

/** What the assistant says counts, with what the template puts at the end of it. */
function readChats(table: Table, { roles, tokenizer }: TaskSource): TextRow[] {
  const cell = columnOf(table, roles, 'messages');
  return table.rows.map((_, r) => {
    const where = `${table.fileName}:${table.lineNumbers[r]}`;
    const messages = messagesIn(cell(r), where);
    return { parts: tokenizer.chatParts(messages, where), record: { [roles.messages!]: messages as unknown as Cell } };
  });
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
    targets: Array.from(example.labels, (label) => (label === IGNORE_INDEX ? null : 'counts')),
  };
}
