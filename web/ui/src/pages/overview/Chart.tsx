import 'uplot/dist/uPlot.min.css';

import { Title, useComputedColorScheme } from '@mantine/core';
import { useEffect, useId, useRef } from 'react';
import uPlot from 'uplot';

import type { Schema } from '../../api/client';

type Step = Schema<'TrafficStep'>;

// Line is one of a chart's numbers: how it is called, the variable of its colour, and its value.
export interface Line {
  name: string;
  colour: string;
  of: (step: Step) => number;
}

interface Props {
  title: string;
  lines: Line[]; // later ones are drawn in front
  steps: Step[];
  seconds: number; // of a step
}

const height = 180;

// Chart draws steps as bars. It is a picture: what it shows is said in a sentence for those who
// do not see it, and stands in the table that the page offers.
export function Chart({ title, lines, steps, seconds }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const scheme = useComputedColorScheme();
  const id = useId();
  const data: uPlot.AlignedData = [steps.map((s) => new Date(s.at).getTime() / 1000), ...lines.map((line) => steps.map(line.of))];
  const latest = useRef(data);
  latest.current = data;

  useEffect(() => {
    const box = place.current;
    if (box === null) return;
    const made = new uPlot(options(lines, box, seconds), latest.current, box);
    plot.current = made;
    const watch = new ResizeObserver(() => made.setSize({ width: box.clientWidth, height }));
    watch.observe(box);
    return () => {
      watch.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [lines, seconds, scheme]);
  useEffect(() => plot.current?.setData(latest.current), [steps]);

  return (
    <figure className="chart" aria-labelledby={id}>
      <Title order={3} id={id}>{title}</Title>
      <ul className="legend">
        {lines.map((line) => <li key={line.name}><span className="swatch" style={{ background: `var(${line.colour})` }} />{line.name}</li>)}
      </ul>
      <div ref={place} role="img" aria-label={said(title, lines, steps)} />
    </figure>
  );
}

// said is what the picture shows, in a sentence.
function said(title: string, lines: Line[], steps: Step[]): string {
  const sums = lines.map((line) => `${line.name}: ${steps.reduce((sum, s) => sum + line.of(s), 0).toLocaleString()}`);
  const [first] = lines;
  const highest = first === undefined ? undefined : steps.reduce<Step | undefined>((top, s) => (top === undefined || first.of(s) > first.of(top) ? s : top), undefined);
  const peak = highest === undefined || first === undefined || first.of(highest) === 0 ? '' : `; most, ${first.of(highest).toLocaleString()}, at ${new Date(highest.at).toLocaleString()}`;
  return `${title} over time. ${sums.join(', ')}${peak}. The table has every number.`;
}

function options(lines: Line[], box: HTMLElement, seconds: number): uPlot.Options {
  const styles = getComputedStyle(box);
  const colour = (name: string) => styles.getPropertyValue(name).trim();
  const axis: uPlot.Axis = { stroke: colour('--mute'), grid: { stroke: colour('--hairline'), width: 1 }, ticks: { show: false }, font: `12px ${styles.fontFamily}` };
  return {
    width: box.clientWidth,
    height,
    legend: { show: false },
    cursor: { show: false },
    padding: [8, 24, 0, 0],
    scales: { x: { time: true, range: (_, from, to) => [from - seconds / 2, to + seconds / 2] }, y: { range: (_, __, most) => [0, Math.max(most ?? 0, 1) * 1.1] } },
    axes: [{ ...axis, space: 70, values: (_, times) => times.map((time) => clock(time, seconds)) }, { ...axis, size: 52, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6, 1e7, 1e8], values: (_, numbers) => numbers.map((n) => short(n)) }],
    series: [{}, ...lines.map((line): uPlot.Series => ({ stroke: colour(line.colour), fill: colour(line.colour), width: 0, points: { show: false }, paths: uPlot.paths.bars?.({ size: [0.85, 40] }) }))],
  };
}

// clock says a time on the axis: the hour, and the day where the steps are of hours.
function clock(time: number, seconds: number): string {
  const at = new Date(time * 1000);
  return seconds < 3600 ? at.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' }) : at.toLocaleDateString(undefined, { day: 'numeric', month: 'short' });
}

const numbers = new Intl.NumberFormat(undefined, { notation: 'compact' });

function short(n: number): string {
  return numbers.format(n);
}
