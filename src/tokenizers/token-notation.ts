// How a tokenizer writes what it reads, from tokenizer.json.

import type { TokenNotation } from './offsets.ts';
import type { PostProcessorJson } from './special-token-template.ts';
import type { StageJson, TokenizerJson } from './tokenizer-files.ts';

const METASPACE = '\u2581';

export function readNotation({ pre_tokenizer, post_processor, model }: TokenizerJson): TokenNotation {
  const stages = stagesOf(pre_tokenizer);
  const metaspace = stages.find(({ type }) => type === 'Metaspace');
  return {
    byteLevel: stages.some(({ type }) => type === 'ByteLevel'),
    metaspace: metaspace ? (metaspace.replacement ?? METASPACE) : null,
    continuation: model.continuing_subword_prefix ?? '',
    endOfWord: model.end_of_word_suffix ?? '',
    trims: trimsOf(post_processor),
  };
}

const stagesOf = (stage: StageJson | null): StageJson[] =>
  stage === null ? [] : [stage, ...(stage.pretokenizers ?? []).flatMap(stagesOf)];

function trimsOf(json: PostProcessorJson | null): TokenNotation['trims'] {
  if (!json) return null;
  if (json.type === 'Sequence') return json.processors!.map(trimsOf).find((trims) => trims !== null) ?? null;
  const trims = (json.type === 'ByteLevel' || json.type === 'RobertaProcessing') && json.trim_offsets !== false;
  return trims ? { keepsFirst: json.add_prefix_space !== false } : null;
}
