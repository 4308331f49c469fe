// The fields of a RoBERTa or XLM-RoBERTa config.json: BERT's, where two differ. Source of names and defaults:
// transformers' RobertaConfig.

import { msg } from '#util/msg.ts';
import { type BertConfig, readBertConfig } from '../bert/bert-config.ts';
import { ConfigReader, type JsonObject } from '../pretrained-config.ts';

export interface RobertaConfig extends BertConfig {
  /** Rows of the table of positions: the first ones belong to padding. */
  readonly positionRows: number;
}

/** @throws StudioError E-MODEL-CONFIG naming the first field that is missing, wrong or unsupported. */
export function readRobertaConfig(json: JsonObject): RobertaConfig {
  const config = readBertConfig(json);
  const read = new ConfigReader(json);
  const { padTokenId, hasPadToken } = read.padToken(1);
  if (!hasPadToken) throw read.wrong('pad_token_id', null, msg`a token id: positions are counted from it`);
  const maxPositions = config.maxPositions - padTokenId - 1;
  if (maxPositions < 1)
    throw read.wrong(
      'max_position_embeddings',
      config.maxPositions,
      msg`more than pad_token_id + 1 (${padTokenId + 1})`,
    );
  return {
    ...config,
    vocabSize: read.positiveInteger('vocab_size', 50265),
    positionRows: config.maxPositions,
    maxPositions,
    padTokenId,
    hasPadToken,
  };
}
