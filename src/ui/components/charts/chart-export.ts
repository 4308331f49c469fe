// A chart as a picture, and its points as a table: all of them, not only those that are drawn.

import { downloadBlob } from '../download.ts';
import type { ChartLine } from './chart-rows.ts';

const SCALE = 2;

/** Rows of step, epoch, milliseconds of training, and a column for each line. */
export function chartCsv(lines: readonly ChartLine[]): string {
  const rows = new Map<number, { readonly head: string; readonly cells: string[] }>();
  lines.forEach(({ columns, metric }, column) => {
    const series = columns.series(metric);
    if (!series) return;
    const active = columns.positions(series, 'active');
    series.steps.forEach((step, i) => {
      const row = rows.get(step) ?? {
        head: `${step},${series.epochs[i]},${Math.round(active[i]!)}`,
        cells: lines.map(() => ''),
      };
      row.cells[column] = String(series.values[i]);
      rows.set(step, row);
    });
  });
  const names = lines.map(({ label }) => JSON.stringify(label));
  const body = [...rows].sort(([a], [b]) => a - b).map(([, { head, cells }]) => [head, ...cells].join(','));
  return [['step', 'epoch', 'active_ms', ...names].join(','), ...body, ''].join('\r\n');
}

/** Draws the SVG of a chart into a PNG, with the colours of the theme that is on. @throws when the browser can not. */
export async function downloadPng(svg: SVGSVGElement, name: string): Promise<void> {
  const { width, height } = svg.getBoundingClientRect();
  const copy = svg.cloneNode(true) as SVGSVGElement;
  inlineColors(svg, copy);
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(copy))}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [width * SCALE, height * SCALE];
  const context = canvas.getContext('2d')!;
  context.fillStyle = getComputedStyle(document.body).backgroundColor;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (!blob) throw new Error('the canvas gave no picture');
  downloadBlob(`${name}.png`, blob);
}

const PAINT = ['stroke', 'fill', 'font-size', 'font-family', 'opacity', 'stroke-opacity'] as const;

/** A picture knows no variables of the page. */
function inlineColors(from: Element, to: Element): void {
  const style = getComputedStyle(from);
  for (const name of PAINT) to.setAttribute(name, style.getPropertyValue(name));
  for (const [i, child] of Array.from(from.children).entries()) inlineColors(child, to.children[i]!);
}
