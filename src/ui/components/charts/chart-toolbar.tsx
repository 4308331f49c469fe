// What all charts of a screen share: smoothing, axes, the part that is shown.

import { Button, Group, NumberInput, SegmentedControl, Slider, Switch, Text } from '@mantine/core';
import type { ChartAxis } from '#client/metric-columns.ts';
import { msg } from '#util/msg.ts';
import { t, translate } from '../../language/translate.ts';
import type { ChartSettings } from './chart-settings.ts';

const AXES: Readonly<Record<ChartAxis, string>> = {
  step: msg`Step`,
  epoch: msg`Epoch`,
  active: msg`Time trained`,
  wall: msg`Time passed`,
};

interface ChartToolbarProps {
  readonly settings: ChartSettings;
  readonly onChange: (change: Partial<ChartSettings>) => void;
}

export function ChartToolbar({ settings, onChange }: ChartToolbarProps) {
  const { axis, smoothing, logX, logY, hidesOutliers } = settings;
  return (
    <Group gap="md" component="section" aria-label={t`How charts are drawn`}>
      <SegmentedControl
        size="xs"
        aria-label={t`Horizontal axis`}
        data-testid="chart-axis"
        value={axis}
        // Bounds of another axis mean nothing on this one.
        onChange={(value) => onChange({ axis: value as ChartAxis, range: null })}
        data={Object.entries(AXES).map(([value, label]) => ({ value, label: translate(label) }))}
      />
      <Group gap="xs" wrap="nowrap" w={230}>
        <Text size="xs" aria-hidden="true">{t`Smoothing`}</Text>
        <Slider
          thumbLabel={t`Smoothing`}
          data-testid="smoothing"
          style={{ flex: 1 }}
          size="sm"
          min={0}
          max={0.99}
          step={0.01}
          value={smoothing}
          onChange={(value) => onChange({ smoothing: value })}
          label={(value) => value.toFixed(2)}
        />
        <Text size="xs" className="numeric" w={30}>
          {smoothing.toFixed(2)}
        </Text>
      </Group>
      <Switch
        size="xs"
        label={t`Log y`}
        data-testid="log-y"
        checked={logY}
        onChange={({ currentTarget }) => onChange({ logY: currentTarget.checked })}
      />
      <Switch
        size="xs"
        label={t`Log x`}
        checked={logX}
        onChange={({ currentTarget }) => onChange({ logX: currentTarget.checked })}
      />
      <Switch
        size="xs"
        label={t`Without outliers`}
        checked={hidesOutliers}
        onChange={({ currentTarget }) => onChange({ hidesOutliers: currentTarget.checked })}
      />
      <Range settings={settings} onChange={onChange} />
    </Group>
  );
}

/** What dragging over a chart does, for the keyboard; minutes on the axes of time. */
function Range({ settings: { axis, range }, onChange }: ChartToolbarProps) {
  const unit = axis === 'active' || axis === 'wall' ? 60_000 : 1;
  const bound = (index: 0 | 1) => (value: string | number) => {
    if (value === '') return;
    const typed = Number(value) * unit;
    const [from, to] = range ?? [0, typed];
    const next: [number, number] = index === 0 ? [typed, Math.max(to, typed + unit)] : [from, typed];
    if (next[0] < next[1]) onChange({ range: next });
  };
  const label = unit === 1 ? '' : t` (min)`;
  return (
    <Group gap={6}>
      <NumberInput
        size="xs"
        w={96}
        hideControls
        placeholder={t`from`}
        aria-label={t`Shown from${label}`}
        value={range ? range[0] / unit : ''}
        onChange={bound(0)}
      />
      <NumberInput
        size="xs"
        w={96}
        hideControls
        placeholder={t`to`}
        aria-label={t`Shown to${label}`}
        value={range ? range[1] / unit : ''}
        onChange={bound(1)}
      />
      {range && (
        <Button size="compact-xs" variant="light" data-testid="zoom-out" onClick={() => onChange({ range: null })}>
          {t`Show all`}
        </Button>
      )}
    </Group>
  );
}
