// Runs the normalizer of a tokenizer stage by stage, so that what each stage does to the text can be followed.

import type { Tokenizer } from '@huggingface/tokenizers';
import { type AlignedText, prepend, replace, rewrite } from './aligned-text.ts';

type Normalizer = NonNullable<Tokenizer['normalizer']>;

/** What the library's stages know of themselves; it types them as functions alone. */
interface Stage extends Normalizer {
  readonly normalizers?: readonly (Stage | null)[];
  readonly config: Normalizer['config'] & {
    readonly type?: string;
    readonly prepend?: string;
    readonly content?: string;
  };
  readonly pattern?: RegExp | string | null;
}

export function normalizeAligned(aligned: AlignedText, normalizer: Normalizer | null): AlignedText {
  return stagesOf(normalizer as Stage | null).reduce(applyStage, aligned);
}

const stagesOf = (stage: Stage | null): readonly Stage[] =>
  stage === null ? [] : (stage.normalizers?.flatMap(stagesOf) ?? [stage]);

function applyStage(aligned: AlignedText, stage: Stage): AlignedText {
  switch (stage.config.type) {
    case 'Prepend':
      return prepend(aligned, stage.config.prepend ?? '');
    case 'Replace':
      return stage.pattern ? replace(aligned, stage.pattern, stage.config.content ?? '') : aligned;
    default:
      return rewrite(aligned, (text) => stage(text));
  }
}
