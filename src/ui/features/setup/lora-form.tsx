// What is trained: all weights, or a low-rank adapter, with its settings.

import { NumberInput, SegmentedControl, SimpleGrid, Stack, Switch, Text, TextInput } from '@mantine/core';
import { DEFAULT_LORA, type LoraConfig } from '#protocol/lora-config.ts';
import { t } from '../../language/translate.ts';
import { changeDraft } from './draft-actions.ts';
import type { SetupDraft } from './draft-store.ts';

export function LoraForm({ draft }: { draft: SetupDraft }) {
  const { peft } = draft;
  return (
    <Stack gap="xs">
      <SegmentedControl
        aria-label={t`What is trained`}
        data-testid="peft"
        value={peft ? 'lora' : 'all'}
        onChange={(value) => changeDraft({ peft: value === 'lora' ? DEFAULT_LORA : null })}
        data={[
          { value: 'all', label: t`All weights` },
          { value: 'lora', label: t`LoRA adapter` },
        ]}
      />
      {peft && <LoraFields peft={peft} />}
    </Stack>
  );
}

function LoraFields({ peft }: { peft: LoraConfig }) {
  const change = (changed: Partial<LoraConfig>): void => changeDraft({ peft: { ...peft, ...changed } });
  return (
    <>
      <Text
        size="sm"
        c="dimmed"
      >{t`Small matrices beside the frozen weights are trained: less memory, and a file of a few MB that PEFT opens.`}</Text>
      <SimpleGrid cols={{ base: 2, sm: 3 }} spacing="sm">
        <NumberInput
          label={t`Rank`}
          description="r"
          data-testid="lora-rank"
          value={peft.rank}
          min={1}
          allowDecimal={false}
          onChange={(value) => typeof value === 'number' && value >= 1 && change({ rank: value })}
        />
        <NumberInput
          label={t`Alpha`}
          description="lora_alpha"
          data-testid="lora-alpha"
          value={peft.loraAlpha}
          min={0.001}
          onChange={(value) => typeof value === 'number' && value > 0 && change({ loraAlpha: value })}
        />
        <NumberInput
          label={t`Dropout`}
          description="lora_dropout"
          data-testid="lora-dropout"
          value={peft.loraDropout}
          min={0}
          max={0.9}
          step={0.05}
          onChange={(value) => typeof value === 'number' && value >= 0 && value < 1 && change({ loraDropout: value })}
        />
      </SimpleGrid>
      <TextInput
        label={t`Layers`}
        description={t`target_modules: names with commas, all-linear, or empty for what is usual`}
        data-testid="lora-targets"
        value={typeof peft.targetModules === 'string' ? peft.targetModules : (peft.targetModules?.join(', ') ?? '')}
        onChange={({ currentTarget }) => change({ targetModules: readTargets(currentTarget.value) })}
      />
      <Switch
        label={t`Scale by the root of the rank (use_rslora)`}
        checked={peft.useRslora}
        onChange={({ currentTarget }) => change({ useRslora: currentTarget.checked })}
      />
    </>
  );
}

/** One word may be a pattern or `all-linear`; several are names. */
function readTargets(text: string): LoraConfig['targetModules'] {
  if (text.trim() === '') return null;
  if (!text.includes(',') && !/^\w+$/.test(text.trim())) return text.trim();
  return text.split(',').map((name) => name.trim());
}
