// How a text is written: length, chance, penalties.

import { NumberInput, SimpleGrid } from '@mantine/core';
import type { GenerationSettings } from '#protocol/messages.ts';
import { t } from '../../language/translate.ts';

interface GenerationFormProps {
  readonly settings: GenerationSettings;
  readonly onChange: (changed: Partial<GenerationSettings>) => void;
}

export function GenerationForm({ settings, onChange }: GenerationFormProps) {
  const number = (value: string | number, valid: (value: number) => boolean): value is number =>
    typeof value === 'number' && valid(value);
  return (
    <SimpleGrid cols={{ base: 2, sm: 5 }} spacing="sm">
      <NumberInput
        label={t`Tokens`}
        description={t`at most`}
        value={settings.maxNewTokens}
        min={1}
        allowDecimal={false}
        onChange={(value) => number(value, (n) => n >= 1) && onChange({ maxNewTokens: value })}
      />
      <NumberInput
        label={t`Temperature`}
        description={t`0: likeliest`}
        data-testid="generate-temperature"
        value={settings.temperature ?? 0}
        min={0}
        step={0.1}
        onChange={(value) => number(value, (n) => n >= 0) && onChange({ temperature: value === 0 ? null : value })}
      />
      <NumberInput
        label={t`Top k`}
        description={t`0: all`}
        value={settings.topK}
        min={0}
        allowDecimal={false}
        onChange={(value) => number(value, (n) => n >= 0) && onChange({ topK: value })}
      />
      <NumberInput
        label={t`Top p`}
        description={t`up to 1`}
        value={settings.topP}
        min={0.01}
        max={1}
        step={0.05}
        onChange={(value) => number(value, (n) => n > 0 && n <= 1) && onChange({ topP: value })}
      />
      <NumberInput
        label={t`Penalty`}
        description={t`for repeating`}
        value={settings.repetitionPenalty}
        min={0.1}
        step={0.1}
        onChange={(value) => number(value, (n) => n > 0) && onChange({ repetitionPenalty: value })}
      />
    </SimpleGrid>
  );
}
