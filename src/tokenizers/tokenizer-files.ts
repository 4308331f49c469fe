// Reads a model's tokenizer files into what `auto-tokenizer.ts` builds from, as HF's AutoTokenizer would: for BERT and
// its kin the settings of tokenizer_config.json rule, and only the vocabulary is taken from tokenizer.json or vocab.txt.

import type { ModelFiles } from '#formats/model-files.ts';
import { parseHfJson } from '#util/hf-json.ts';
import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';
import type { PostProcessorJson } from './special-token-template.ts';

export interface AddedTokenJson {
  readonly id: number;
  readonly content: string;
  readonly special?: boolean;
}

/** A normalizer or pre-tokenizer, perhaps made of several. */
export interface StageJson {
  readonly type: string;
  readonly handle_chinese_chars?: boolean;
  readonly replacement?: string;
  readonly pretokenizers?: readonly StageJson[];
}

/** tokenizer.json, as far as it is read here; the library reads the rest. */
export interface TokenizerJson {
  readonly added_tokens: readonly AddedTokenJson[];
  readonly normalizer: StageJson | null;
  readonly pre_tokenizer: StageJson | null;
  readonly post_processor: PostProcessorJson | null;
  readonly decoder: object | null;
  readonly model: {
    readonly type: string;
    readonly vocab: Readonly<Record<string, number>>;
    readonly continuing_subword_prefix?: string | null;
    readonly end_of_word_suffix?: string | null;
  };
}

export type TokenizerConfig = Readonly<Record<string, unknown>>;

export interface TokenizerFiles {
  readonly json: TokenizerJson;
  readonly config: TokenizerConfig;
  /** The files to keep beside a trained model, text unchanged. */
  readonly savedFiles: ReadonlyMap<string, string>;
  /** BERT or one of its kin. */
  readonly isBert: boolean;
  /** Jinja source; null where the model has none. */
  readonly chatTemplate: string | null;
}

const KEPT_FILES = [
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'vocab.txt',
  'vocab.json',
  'merges.txt',
  'chat_template.jinja',
];

const BERT_CLASSES = /^(Bert|DistilBert|Electra|MobileBert|ConvBert|SqueezeBert|Lxmert|LayoutLM)Tokenizer(Fast)?$/;
const BERT_MODEL_TYPES = new Set([
  'bert',
  'distilbert',
  'electra',
  'mobilebert',
  'convbert',
  'squeezebert',
  'ernie',
  'megatron-bert',
  'nomic_bert',
]);
const BERT_SPECIAL_TOKENS = {
  unk_token: '[UNK]',
  sep_token: '[SEP]',
  pad_token: '[PAD]',
  cls_token: '[CLS]',
  mask_token: '[MASK]',
};

const HOW_TO_CONVERT = msg`Make one in Python: python -c "from transformers import AutoTokenizer; AutoTokenizer.from_pretrained('MODEL').save_pretrained('FOLDER')", and add the files it writes.`;

/** @throws StudioError E-TOKENIZER when files are missing or unreadable. */
export async function readTokenizerFiles(files: ModelFiles): Promise<TokenizerFiles> {
  const texts = new Map<string, string>();
  for (const name of KEPT_FILES) {
    const file = files.get(name);
    if (file) texts.set(name, await file.text());
  }
  const readJson = (name: string): unknown =>
    texts.has(name) ? parseHfJson(texts.get(name)!, name, 'E-TOKENIZER') : undefined;
  const ownConfig = (readJson('tokenizer_config.json') ?? {}) as TokenizerConfig;
  const config = { ...(readJson('special_tokens_map.json') as TokenizerConfig | undefined), ...ownConfig };
  const json = readJson('tokenizer.json') as TokenizerJson | undefined;
  const chatTemplate = chatTemplateOf(texts, config);
  const vocabText = texts.get('vocab.txt');
  const isBert = await isBertTokenizer(files, config);
  if (json !== undefined) {
    checkShape(json);
    return {
      json: isBert ? rebuildBert(json.model.vocab, json.added_tokens, config) : json,
      config: isBert ? withBertTokens(config) : config,
      savedFiles: texts,
      isBert,
      chatTemplate,
    };
  }
  if (vocabText === undefined || !isBert) throw noTokenizer([...texts.keys()]);
  return {
    json: rebuildBert(parseVocab(vocabText), [], config),
    config: withBertTokens(config),
    savedFiles: texts,
    isBert,
    chatTemplate,
  };
}

/** A file of its own, else in the config: a text, or several by name. */
function chatTemplateOf(texts: ReadonlyMap<string, string>, config: TokenizerConfig): string | null {
  const file = texts.get('chat_template.jinja');
  if (file !== undefined) return file;
  const { chat_template: given } = config;
  if (typeof given === 'string') return given;
  if (!Array.isArray(given)) return null;
  const named = given as readonly { readonly name?: unknown; readonly template?: unknown }[];
  const template = (named.find(({ name }) => name === 'default') ?? named[0])?.template;
  return typeof template === 'string' ? template : null;
}

function noTokenizer(found: readonly string[]): StudioError {
  const others = found.length === 0 ? '' : msg` Only ${found.join(', ')} ${found.length === 1 ? 'is' : 'are'} there.`;
  return new StudioError('E-TOKENIZER', msg`The model has no tokenizer.json.${others}`, {
    where: 'tokenizer.json',
    hint: HOW_TO_CONVERT,
  });
}

async function isBertTokenizer(files: ModelFiles, config: TokenizerConfig): Promise<boolean> {
  const { tokenizer_class: name } = config;
  if (typeof name === 'string') return BERT_CLASSES.test(name);
  const modelConfig = files.get('config.json');
  if (!modelConfig) return false;
  const { model_type: modelType } = parseHfJson(await modelConfig.text(), 'config.json') as { model_type?: unknown };
  return typeof modelType === 'string' && BERT_MODEL_TYPES.has(modelType);
}

function checkShape(json: TokenizerJson): void {
  const complete =
    typeof json === 'object' &&
    json !== null &&
    Array.isArray(json.added_tokens) &&
    typeof json.model?.vocab === 'object';
  if (complete) return;
  throw new StudioError(
    'E-TOKENIZER',
    msg`tokenizer.json has no model with a vocabulary, or no list of added tokens.`,
    {
      where: 'tokenizer.json',
      hint: msg`The file is damaged or of another kind. ${HOW_TO_CONVERT}`,
    },
  );
}

/** One token a line; its id is the number of the line, from 0. */
function parseVocab(text: string): Record<string, number> {
  const lines = text.replace(/\r\n/g, '\n').replace(/\n$/, '').split('\n');
  return Object.fromEntries(lines.map((token, id) => [token, id]));
}

const withBertTokens = (config: TokenizerConfig): TokenizerConfig => ({ ...BERT_SPECIAL_TOKENS, ...config });

/** The content of a special token, which a config holds as a string or as an object. */
export function specialToken(config: TokenizerConfig, name: string): string | null {
  const value = config[name];
  if (typeof value === 'string') return value;
  const content = (value as { content?: unknown } | null | undefined)?.content;
  return typeof content === 'string' ? content : null;
}

/** The tokenizer.json that HF's BertTokenizer amounts to, with its defaults. */
function rebuildBert(
  vocab: Readonly<Record<string, number>>,
  added: readonly AddedTokenJson[],
  config: TokenizerConfig,
): TokenizerJson {
  const withDefaults = withBertTokens(config);
  const names = Object.keys(BERT_SPECIAL_TOKENS).map((name) => specialToken(withDefaults, name)!);
  const missing = names.filter(
    (content) => !Object.hasOwn(vocab, content) && !added.some((token) => token.content === content),
  );
  if (missing.length > 0) {
    throw new StudioError('E-TOKENIZER', msg`The vocabulary lacks the special token ${missing.join(', ')}.`, {
      where: 'tokenizer_config.json',
      hint: msg`Check the special tokens in tokenizer_config.json, or add the complete tokenizer files of the model.`,
    });
  }
  const [unk, sep, , cls] = names as [string, string, string, string];
  const idOf = (content: string): number => added.find((token) => token.content === content)?.id ?? vocab[content]!;
  const addedTokens = [
    ...added,
    ...names
      .filter((content) => !added.some((token) => token.content === content))
      .map((content) => ({ id: idOf(content), content, special: true })),
  ];
  const model = {
    type: 'WordPiece',
    unk_token: unk,
    continuing_subword_prefix: '##',
    max_input_chars_per_word: 100,
    vocab,
  };
  return {
    added_tokens: addedTokens,
    normalizer: bertNormalizer(config),
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: { type: 'BertProcessing', cls: [cls, idOf(cls)], sep: [sep, idOf(sep)] },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model,
  };
}

function bertNormalizer(config: TokenizerConfig) {
  return {
    type: 'BertNormalizer',
    clean_text: true,
    handle_chinese_chars: config.tokenize_chinese_chars !== false,
    strip_accents: config.strip_accents ?? null,
    lowercase: config.do_lower_case !== false,
  };
}
