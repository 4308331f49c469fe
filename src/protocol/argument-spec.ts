// The form of one row in the table of training arguments, and of what is said about a value.
// `argument-specs.ts` holds the table; the form, the validation, import, export and search are made from it.

export type ArgumentType = 'int' | 'float' | 'bool' | 'string' | 'enum' | 'stringList' | 'json';

export const ARGUMENT_GROUPS = [
  'Duration and batch',
  'Learning rate and optimizer',
  'Precision and memory',
  'Logging',
  'Evaluation',
  'Checkpoints',
  'Reproducibility and data',
  'Other',
] as const;

export type ArgumentGroup = (typeof ARGUMENT_GROUPS)[number];

export interface ArgumentSpec {
  /** The field's name in HuggingFace's TrainingArguments 5.18.0. */
  readonly name: string;
  readonly type: ArgumentType;
  /** `null` is allowed and means "not set". */
  readonly nullable: boolean;
  /** HuggingFace's default. */
  readonly default: unknown;
  /** Values that work here (enum only). */
  readonly choices?: readonly string[];
  /** Values that HuggingFace knows and that are not available here (enum only). */
  readonly unavailable?: readonly string[];
  /** Why they never will be. */
  readonly unavailableReason?: string;
  readonly min?: number;
  readonly minExclusive?: boolean;
  readonly max?: number;
  readonly maxExclusive?: boolean;
  /** Step of the form's arrows. */
  readonly step?: number;
  readonly unit?: string;
  readonly group: ArgumentGroup;
  readonly level: 'basic' | 'all';
  /** One or two plain sentences. */
  readonly help: string;
  /** Other words people search for, older names included. */
  readonly aliases: readonly string[];
  /** `ignored` fields are accepted and kept for the way back to Python; `reason` says why they do nothing here. */
  readonly support: 'supported' | 'ignored';
  readonly reason?: string;
}

export interface ArgumentIssue {
  /** HF's name of the field. */
  readonly name: string;
  /** An error stops Start; a warning does not; a note says what was done with a value. */
  readonly level: 'error' | 'warning' | 'note';
  readonly message: string;
  readonly hint?: string;
}

type Extras = Partial<Omit<ArgumentSpec, 'name' | 'type' | 'default' | 'help' | 'group'>>;
type SpecOfGroup = (group: ArgumentGroup) => ArgumentSpec;

/** A field that works here. Nullable when its default is null, unless told otherwise. */
export function field(
  name: string,
  type: ArgumentType,
  value: unknown,
  help: string,
  extras: Extras = {},
): SpecOfGroup {
  return (group) => ({
    name,
    type,
    default: value,
    help,
    group,
    nullable: value === null,
    level: 'all',
    aliases: [],
    support: 'supported',
    ...extras,
  });
}

/** A field that is kept but does nothing here, and why. */
export function ignored(name: string, type: ArgumentType, value: unknown, help: string, reason: string): SpecOfGroup {
  return field(name, type, value, help, { support: 'ignored', reason });
}

export function inGroup(group: ArgumentGroup, fields: readonly SpecOfGroup[]): readonly ArgumentSpec[] {
  return fields.map((make) => make(group));
}
