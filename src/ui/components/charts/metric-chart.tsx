// One chart: faint line of what was logged, bold line through it, dots for evaluations, marks for what happened. Dragging
// over it shows a part; hovering shows the values at that place in all charts of the screen.

import { ActionIcon, Group, Menu, Modal, Paper, Text, Title, VisuallyHidden } from '@mantine/core';
import { memo, type RefObject, useRef, useState } from 'react';
import {
  CartesianGrid,
  Line,
  LineChart,
  type MouseHandlerDataParam,
  ReferenceArea,
  ReferenceLine,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from 'recharts';
import { t, translate } from '../../language/translate.ts';
import { downloadText } from '../download.ts';
import { Icon } from '../icon.tsx';
import { chartCsv, downloadPng } from './chart-export.ts';
import { type ChartMark, MARKS } from './chart-marks.ts';
import {
  type ChartLine,
  describeMetric,
  formatPosition,
  formatValue,
  mergeRows,
  smoothKey,
  summarizeMetric,
  verticalDomain,
} from './chart-rows.ts';
import type { ChartSettings } from './chart-settings.ts';
import { ChartTable } from './chart-table.tsx';
import { useTurn } from './use-turn.ts';

export interface ChartSpec {
  readonly id: string;
  readonly title: string;
  readonly lines: readonly ChartLine[];
}

interface MetricChartProps {
  readonly spec: ChartSpec;
  readonly marks: readonly ChartMark[];
  /** Drawn again when it changes: the columns grow in place. */
  readonly version: number;
  readonly settings: ChartSettings;
  readonly onZoom: (range: readonly [number, number]) => void;
  /** A point was chosen: its step. */
  readonly onPick?: ((step: number) => void) | undefined;
}

export function MetricChart(props: MetricChartProps) {
  const frame = useRef<HTMLElement>(null);
  const drawn = useTurn(frame, props.version);
  return <DrawnChart {...props} version={drawn} frame={frame} />;
}

type DrawnChartProps = MetricChartProps & { readonly frame: RefObject<HTMLElement | null> };

const DrawnChart = memo(function DrawnChart(props: DrawnChartProps) {
  const { spec, frame } = props;
  const [asTable, setAsTable] = useState(false);
  const [isLarge, setLarge] = useState(false);
  return (
    <Paper
      ref={frame}
      withBorder
      p="sm"
      radius="md"
      component="figure"
      m={0}
      data-testid={`chart-${spec.id}`}
      aria-label={spec.title}
    >
      <Group component="figcaption" justify="space-between" gap="xs" mb={4} wrap="nowrap">
        <Title order={3} size="h6">
          {spec.title}
        </Title>
        <ChartMenu
          spec={spec}
          frame={frame}
          asTable={asTable}
          onTable={() => setAsTable(!asTable)}
          onLarge={() => setLarge(true)}
        />
      </Group>
      <Legend lines={spec.lines} />
      <VisuallyHidden>{spec.lines.map(summarizeMetric).join(' ')}</VisuallyHidden>
      {asTable ? <ChartTable title={spec.title} lines={spec.lines} /> : <Plot {...props} height={200} />}
      <Modal
        opened={isLarge}
        onClose={() => setLarge(false)}
        title={spec.title}
        size="95%"
        closeButtonProps={{ 'aria-label': t`Close` }}
      >
        <Legend lines={spec.lines} />
        <Plot {...props} height={Math.max(260, window.innerHeight - 220)} />
      </Modal>
    </Paper>
  );
}, isDrawnAlike);

/** What is new in the columns and marks waits for a new version; functions do the same whenever they were made. */
function isDrawnAlike(before: DrawnChartProps, after: DrawnChartProps): boolean {
  const look = ({ spec: { title, lines } }: DrawnChartProps): string =>
    [title, ...lines.flatMap(({ key, label, color }) => [key, label, color])].join('\n');
  return before.version === after.version && before.settings === after.settings && look(before) === look(after);
}

interface ChartMenuProps {
  readonly spec: ChartSpec;
  readonly frame: RefObject<HTMLElement | null>;
  readonly asTable: boolean;
  readonly onTable: () => void;
  readonly onLarge: () => void;
}

function ChartMenu({ spec, frame, asTable, onTable, onLarge }: ChartMenuProps) {
  const savePng = (): void => {
    const svg = frame.current?.querySelector<SVGSVGElement>('svg.recharts-surface');
    if (svg) void downloadPng(svg, spec.id);
  };
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="sm"
          aria-label={t`${spec.title}: more`}
          data-testid="chart-menu"
        >
          <Icon name="table" size={15} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={onTable} data-testid="chart-as-table">
          {asTable ? t`Show as a chart` : t`Show as a table`}
        </Menu.Item>
        <Menu.Item onClick={onLarge}>{t`Show large`}</Menu.Item>
        <Menu.Item onClick={() => downloadText(`${spec.id}.csv`, chartCsv(spec.lines), 'text/csv')}>
          {t`Download CSV`}
        </Menu.Item>
        {!asTable && <Menu.Item onClick={savePng}>{t`Download PNG`}</Menu.Item>}
      </Menu.Dropdown>
    </Menu>
  );
}

function Legend({ lines }: { lines: readonly ChartLine[] }) {
  return (
    <Group gap="sm" mb={4}>
      {lines.map((line) => (
        <Text key={line.key} size="xs" c="dimmed" className="numeric">
          <span aria-hidden="true" style={{ color: line.color }}>
            ●{' '}
          </span>
          {line.label} {describeMetric(line)}
        </Text>
      ))}
    </Group>
  );
}

const AXIS = { fontSize: 11, fill: 'var(--mantine-color-dimmed)' };
const FEW = 12;

function Plot({ spec, marks, settings, onZoom, onPick, height }: MetricChartProps & { height: number }) {
  const [dragged, setDragged] = useState<readonly [number, number] | null>(null);
  const { lines } = spec;
  const { axis, range, logX, logY } = settings;
  const { rows, gaps } = mergeRows(lines, settings);
  const metric = lines[0]?.metric ?? '';
  const at = ({ activeLabel }: MouseHandlerDataParam): number | null =>
    activeLabel === undefined ? null : Number(activeLabel);
  const end = (): void => {
    setDragged(null);
    if (!dragged) return;
    const [from, to] = [Math.min(...dragged), Math.max(...dragged)];
    if (from < to) onZoom([from, to]);
    else if (axis === 'step') onPick?.(from);
  };
  const few = rows.length <= FEW;
  return (
    <>
      <ResponsiveContainer width="100%" height={height}>
        <LineChart
          data={[...rows]}
          margin={{ top: 10, right: 8, bottom: 0, left: 0 }}
          syncId="atelier"
          syncMethod="value"
          accessibilityLayer
          onMouseDown={(event) => {
            const x = at(event);
            if (x !== null) setDragged([x, x]);
          }}
          onMouseMove={(event) => {
            const x = at(event);
            if (dragged && x !== null && x !== dragged[1]) setDragged([dragged[0], x]);
          }}
          onMouseUp={end}
        >
          <CartesianGrid stroke="var(--mantine-color-default-border)" strokeDasharray="2 4" vertical={false} />
          <XAxis
            dataKey="x"
            type="number"
            scale={logX ? 'log' : 'linear'}
            domain={range ? [...range] : logX ? ['dataMin', 'dataMax'] : [0, 'dataMax']}
            allowDataOverflow
            allowDecimals={axis === 'epoch'}
            tick={AXIS}
            tickFormatter={(x: number) => formatPosition(axis, x)}
            stroke="var(--mantine-color-default-border)"
          />
          <YAxis
            width={54}
            scale={logY ? 'log' : 'linear'}
            domain={logY ? ['auto', 'auto'] : [...verticalDomain(rows, settings.hidesOutliers)]}
            allowDataOverflow={settings.hidesOutliers}
            tick={AXIS}
            tickFormatter={(y: number) => formatValue(metric, y)}
            stroke="var(--mantine-color-default-border)"
          />
          <Tooltip
            isAnimationActive={false}
            formatter={(value) => formatValue(metric, Number(value))}
            labelFormatter={(label) => `${axisName(axis)} ${formatPosition(axis, Number(label))}`}
            contentStyle={{
              background: 'var(--mantine-color-body)',
              border: '1px solid var(--mantine-color-default-border)',
              borderRadius: 8,
              fontSize: 12,
              padding: '4px 8px',
            }}
          />
          {gaps.map((gap) => (
            <ReferenceLine key={`gap ${gap}`} x={gap} stroke="var(--mantine-color-red-6)" strokeDasharray="3 3" />
          ))}
          {marks.map(({ kind, step, x }) => (
            <ReferenceLine
              key={`${kind} ${step}`}
              x={x}
              stroke={MARKS[kind].color}
              strokeOpacity={0.45}
              strokeDasharray="1 3"
              label={{ value: MARKS[kind].sign, position: 'top', fontSize: 10, fill: MARKS[kind].color }}
            />
          ))}
          {dragged && dragged[0] !== dragged[1] && (
            <ReferenceArea
              x1={dragged[0]}
              x2={dragged[1]}
              fill="var(--mantine-primary-color-filled)"
              fillOpacity={0.15}
            />
          )}
          {lines.flatMap((line) => drawLine(line, settings.smoothing, few))}
        </LineChart>
      </ResponsiveContainer>
      {gaps.length > 0 && <Text size="xs" c="red">{t`Dashed: the value was not a number.`}</Text>}
    </>
  );
}

function axisName(axis: ChartSettings['axis']): string {
  if (axis === 'step') return t`step`;
  return axis === 'epoch' ? t`epoch` : t`after`;
}

/** @param few so few points that a line alone would hardly be seen; a single one not at all. */
function drawLine(line: ChartLine, smoothing: number, few: boolean) {
  const { key, label, kind, color } = line;
  const shared = { isAnimationActive: false, connectNulls: true, stroke: color, type: 'linear' as const };
  const dots = kind === 'points' ? { r: 3, fill: color } : few ? { r: 2, fill: color } : false;
  const isSmoothed = kind === 'curve' && smoothing > 0;
  const raw = (
    <Line
      key={key}
      {...shared}
      dataKey={key}
      name={isSmoothed ? t`${label} (logged)` : label}
      dot={dots}
      strokeWidth={isSmoothed ? 1 : 2}
      strokeOpacity={isSmoothed ? 0.35 : 1}
    />
  );
  if (!isSmoothed) return [raw];
  return [
    raw,
    <Line key={smoothKey(key)} {...shared} dataKey={smoothKey(key)} name={label} dot={false} strokeWidth={2} />,
  ];
}

/** What the signs on the charts mean, of those that are there. */
export function MarkLegend({ marks }: { marks: readonly ChartMark[] }) {
  const kinds = [...new Set(marks.map(({ kind }) => kind))];
  if (kinds.length === 0) return null;
  return (
    <Text size="xs" c="dimmed">
      {kinds.map((kind) => `${MARKS[kind].sign} ${translate(MARKS[kind].label)}`).join(' · ')}
    </Text>
  );
}
