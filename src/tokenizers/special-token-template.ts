// Where special tokens go around one text or a pair, and which token type every position has: the part of
// tokenizer.json called post_processor, on ids. Kept apart from the tokens because truncation comes between them.

import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';

export type TemplatePart =
  | { readonly kind: 'special'; readonly ids: readonly number[]; readonly typeId: number }
  | { readonly kind: 'text' | 'pair'; readonly typeId: number };

export interface SpecialTokenTemplate {
  readonly single: readonly TemplatePart[];
  readonly pair: readonly TemplatePart[];
}

/** The post_processor section, as far as it is read here. */
export interface PostProcessorJson {
  readonly type: string;
  /** Default true, both. */
  readonly trim_offsets?: boolean;
  readonly add_prefix_space?: boolean;
  readonly processors?: readonly PostProcessorJson[];
  readonly single?: readonly TemplateItemJson[];
  readonly pair?: readonly TemplateItemJson[];
  readonly special_tokens?: Readonly<Record<string, { readonly ids: readonly number[] }>>;
  readonly cls?: readonly [string, number];
  readonly sep?: readonly [string, number];
}

export interface TemplateItemJson {
  readonly SpecialToken?: { readonly id: string; readonly type_id: number };
  readonly Sequence?: { readonly id: string; readonly type_id: number };
}

const text = (typeId: number): TemplatePart => ({ kind: 'text', typeId });
const pair = (typeId: number): TemplatePart => ({ kind: 'pair', typeId });
const special = (id: number, typeId: number): TemplatePart => ({ kind: 'special', ids: [id], typeId });

/** No special tokens; the second text has type 1. */
const BARE: SpecialTokenTemplate = { single: [text(0)], pair: [text(0), pair(1)] };

/** @throws StudioError E-TOKENIZER for a kind of post-processor that is not known. */
export function readTemplate(json: PostProcessorJson | null | undefined): SpecialTokenTemplate {
  switch (json?.type) {
    case undefined:
    case 'ByteLevel':
      return BARE;
    case 'Sequence':
      return json.processors!.map(readTemplate).find((template) => template !== BARE) ?? BARE;
    case 'TemplateProcessing':
      return {
        single: json.single!.map((item) => readItem(item, json)),
        pair: json.pair!.map((item) => readItem(item, json)),
      };
    case 'BertProcessing': {
      const [cls, sep] = [json.cls![1], json.sep![1]];
      const single = [special(cls, 0), text(0), special(sep, 0)];
      return { single, pair: [...single, pair(1), special(sep, 1)] };
    }
    case 'RobertaProcessing': {
      const [cls, sep] = [json.cls![1], json.sep![1]];
      const single = [special(cls, 0), text(0), special(sep, 0)];
      return { single, pair: [...single, special(sep, 0), pair(0), special(sep, 0)] };
    }
    default:
      throw new StudioError(
        'E-TOKENIZER',
        msg`tokenizer.json has a post_processor of type ${json!.type}, which is not supported.`,
        {
          where: 'tokenizer.json, post_processor',
          hint: msg`Use a model with a BERT, RoBERTa, byte-level or template post-processor.`,
        },
      );
  }
}

function readItem(item: TemplateItemJson, json: PostProcessorJson): TemplatePart {
  if (item.Sequence) return { kind: item.Sequence.id === 'B' ? 'pair' : 'text', typeId: item.Sequence.type_id };
  const { id, type_id: typeId } = item.SpecialToken!;
  return { kind: 'special', ids: json.special_tokens![id]!.ids, typeId };
}

/** How many special tokens the template adds. */
export function countSpecialTokens(parts: readonly TemplatePart[]): number {
  return parts.reduce((sum, part) => sum + (part.kind === 'special' ? part.ids.length : 0), 0);
}
